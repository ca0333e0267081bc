"""What a second person is asked for from the desk, as it was shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.core.public_ids import new_id
from apps.core.visible_rows import visible_rows
from apps.orchestration.models import Attempt
from apps.orchestration.selectors.load_attempts import load_attempts
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.match_by_hand import amount_of


def match_payload(
    person: Any,
    rows: list[Discrepancy],
    shown: Mapping[UUID, int],
    values: Mapping[str, Any],
) -> dict[str, Any]:
    (row,) = rows
    seen = visible_rows(person, Attempt.objects.filter(pk__in=values["attempts"]))
    attempts = load_attempts(list(seen.values_list("pk", flat=True)))
    amounts = {pk: amount_of(attempts[pk]) if pk in attempts else 0 for pk in values["attempts"]}
    amount = (row.line.amount or 0) if row.line else 0
    return {
        "discrepancy_id": str(row.pk),
        "sequence": shown[row.pk],
        "attempts": [{"id": str(pk), "amount": value} for pk, value in amounts.items()],
        "amount": amount,
        "currency": row.line.currency if row.line else "",
        "explained_as": values["explained_as"],
        "difference": abs(amount) - sum(amounts.values()),
    }


def write_off_payload(
    person: Any,
    rows: list[Discrepancy],
    shown: Mapping[UUID, int],
    values: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "discrepancies": [
            {"id": str(row.pk), "sequence": shown[row.pk], "value": row.value_at_risk}
            for row in rows
        ],
        "amount": sum(abs(row.value_at_risk) for row in rows),
        "currency": rows[0].currency,
        "is_loss": rows[0].value_at_risk > 0,
    }


def correct_payload(
    person: Any,
    rows: list[Discrepancy],
    shown: Mapping[UUID, int],
    values: Mapping[str, Any],
) -> dict[str, Any]:
    (row,) = rows
    return {
        "discrepancy_id": str(row.pk),
        "sequence": shown[row.pk],
        "value": row.value_at_risk,
        "amount": abs(row.value_at_risk),
        "currency": row.currency,
        "correction_id": str(new_id()),
        "account": values["account"],
        "merchant_id": values["merchant"],
    }


def merchant_of(row: Discrepancy) -> Any:
    """Whose attempt it is about; None where we know of none."""
    attempt = load_attempts([row.attempt_id]).get(row.attempt_id) if row.attempt_id else None
    return attempt.owner.merchant if attempt else None
