"""What is due is said once of each queue, and claimed by any number of processes at once."""

import ast
import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core.models import OutboxMessage
from apps.core.work.due_rows import DueRows
from apps.core.work.outbox import new_message

ROOT = Path(__file__).resolve().parents[2]
TOPIC = "a.topic"
# So many of what is due, each locked.
TAKEN = re.compile(r"LIMIT[^()]*SKIP LOCKED")
DUE = DueRows(OutboxMessage, "available_at", "r.topic = %(topic)s")


def locked(now, limit=10):
    with connection.cursor() as cursor:
        cursor.execute(
            DUE.locked("r.id", limit="%(limit)s", lock="UPDATE"),
            {"topic": TOPIC, "now": now, "limit": limit},
        )
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_rows_are_taken_when_due_the_oldest_first_and_each_by_one_process():
    now = timezone.now()
    old, older, to_come = (
        new_message(TOPIC, now=now - timedelta(seconds=age)) for age in (1, 2, -60)
    )
    other = new_message("another.topic", now=now)
    OutboxMessage.objects.bulk_create([old, older, to_come, other])
    left_to_another = []

    def another():
        with transaction.atomic():
            left_to_another.extend(locked(now))
        connection.close()

    with transaction.atomic():
        first = locked(now, limit=1)
        process = threading.Thread(target=another)
        process.start()
        process.join()

    assert first == [older.pk]
    assert left_to_another == [old.pk]


def test_no_other_claim_of_what_is_due_is_written_by_hand():
    found = set()
    for path in (ROOT / "apps").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                text = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
            else:
                text = node.value if isinstance(node, ast.Constant) else ""
            if isinstance(text, str) and TAKEN.search(text):
                found.add(path.relative_to(ROOT).as_posix())

    assert found == {"apps/core/work/due_rows.py"}
