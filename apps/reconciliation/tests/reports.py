"""Reports for tests: one JSON object a line; a line that is none cannot be read."""

import json
from contextlib import contextmanager
from datetime import UTC, date, datetime
from io import BytesIO

from django.db import connection

from apps.core.models import OutboxMessage
from apps.providers.contract import (
    Operation,
    Outcome,
    OwnMovement,
    StatementProblem,
    StatementRecord,
)
from apps.reconciliation.services.import_statement import MATCH_TOPIC, import_statement
from apps.reconciliation.services.match_statement import match_statement

# The day of every test, in the zone of ProviderAccountFactory (UTC+1).
DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 11, 5, 0, tzinfo=UTC)


class JsonReader:
    """A ReadsStatements whose every line is what the test wrote; at noon of `day`, unless it says
    "occurred_at"."""

    def __init__(self, day=DAY):
        self.noon = NOON + (day - DAY)

    def read_statement(self, file):
        for number, line in enumerate(file, start=1):
            raw = line.decode().rstrip("\n")
            try:
                cells = json.loads(raw)
            except ValueError:
                yield StatementProblem(number, "not JSON", raw)
                continue
            if cells is None:
                continue
            yield StatementRecord(
                line_number=number,
                reference=cells["reference"],
                provider_reference=cells["provider_reference"],
                amount=cells["amount"],
                fee=cells["fee"],
                currency=cells["currency"],
                outcome=Outcome(cells["outcome"]),
                occurred_at=(
                    datetime.fromisoformat(cells["occurred_at"])
                    if "occurred_at" in cells
                    else self.noon
                ),
                raw=raw,
                kind=_kind(cells["kind"]) if "kind" in cells else None,
                merchant_reference=cells.get("merchant_reference", ""),
                number=cells.get("number", ""),
                settlement_reference=cells.get("settlement_reference", ""),
            )

    def statement_reference(self, reference):
        return str(reference)


def _kind(value):
    return OwnMovement(value) if value in set(OwnMovement) else Operation(value)


def line_of(payment, **changes):
    """The line an honest provider writes about a payment's attempt."""
    attempt = payment.attempts.get()
    cells = {
        "reference": attempt.statement_reference,
        "provider_reference": attempt.provider_reference,
        "amount": payment.amount,
        "fee": 0,
        "currency": payment.currency,
        "outcome": "failed" if attempt.status == "failed" else "succeeded",
    }
    return json.dumps(cells | changes)


def foreign_line(**changes):
    """A movement that is none of ours."""
    cells = {
        "reference": "another-shop",
        "provider_reference": "TX-another",
        "amount": 700,
        "fee": 0,
        "currency": "XAF",
        "outcome": "succeeded",
    }
    return json.dumps(cells | changes)


def stage(account, *lines, **when):
    """A report of these lines, imported while somebody matches another of its account. "null" is a
    line that says nothing."""
    return _import(account, lines, match_at_once=False, **when)[0]


def stage_and_match(account, *lines, **when):
    """(the statement, the summary of its matching)."""
    return _import(account, lines, **when)


def _import(account, lines, *, day=DAY, now=None, days=1, match_at_once=True):
    return import_statement(
        provider_account=account,
        day=day,
        days=days,
        file=BytesIO("\n".join(lines).encode()),
        file_name=f"report_{day}.json",
        reader=JsonReader(day),
        now=now or morning_after(day),
        match_at_once=match_at_once,
    )


def match(statement, *, now):
    """As a worker does it: what it was promised by is gone afterwards."""
    summary = match_statement(statement_id=statement.pk, now=now)
    OutboxMessage.objects.filter(
        topic=MATCH_TOPIC, payload__statement_id=str(statement.pk)
    ).delete()
    return summary


@contextmanager
def another_matched(account):
    """Within it somebody matches another report of the account."""
    with held(f"reconciliation.matching/{account.pk}"):
        yield


@contextmanager
def held(key):
    """Within it somebody else has the right of this name."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
            yield
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        other.close()


def morning_after(day):
    """When the report of a day usually comes."""
    return NOW + (day - DAY)
