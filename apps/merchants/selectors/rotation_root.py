from __future__ import annotations

from uuid import UUID

from django.db import connection

ROOT = """
WITH RECURSIVE line AS (
    SELECT id, rotated_from_id FROM merchants_apikey WHERE id = %s
     UNION
    SELECT k.id, k.rotated_from_id FROM merchants_apikey k JOIN line ON k.id = line.rotated_from_id
)
SELECT id FROM line WHERE rotated_from_id IS NULL
"""


def rotation_root(api_key_id: UUID) -> UUID:
    """The first of the keys that came one from the other by rotation: they are one credential, made
    new. One query."""
    with connection.cursor() as cursor:
        cursor.execute(ROOT, [api_key_id])
        row = cursor.fetchone()
    return row[0] if row else api_key_id
