"""No index is there twice: each costs every insert, and every update that is not HOT."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

# Django's own tables, programs, who works for a merchant, and roles: nothing grows with payments.
FEW = (
    "account_",
    "auth_",
    "django_",
    "mfa_",
    "oauth",
    "usersessions_",
    "merchants_member",
    "reporting_staffscope",
)

# An index whose columns another one begins with, both over every row.
REDUNDANT = """
SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, o.indexrelid::regclass::text
  FROM pg_index i
  JOIN pg_index o ON o.indrelid = i.indrelid AND o.indexrelid <> i.indexrelid
  JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = current_schema()::regnamespace
 WHERE i.indpred IS NULL AND o.indpred IS NULL AND i.indexprs IS NULL AND NOT i.indisprimary
   -- A unique index is a promise; only another unique one of the same columns keeps it.
   AND (NOT i.indisunique OR (o.indisunique AND o.indnkeyatts = i.indnkeyatts))
   AND (o.indkey::text || ' ') LIKE (i.indkey::text || ' %')
   AND (o.indclass::text || ' ') LIKE (i.indclass::text || ' %')
   AND (o.indoption::text || ' ') LIKE (i.indoption::text || ' %')
 ORDER BY 1, 2
"""


def test_no_index_is_the_beginning_of_another():
    with connection.cursor() as cursor:
        cursor.execute(REDUNDANT)
        found = cursor.fetchall()

    assert [row for row in found if not row[0].startswith(FEW)] == []
