from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.core.public_ids import encode_id
from apps.ledger.selectors.list_transfers import list_transfers
from apps.orchestration.models import Attempt, StatusChange
from apps.providers.models import Callback
from apps.webhooks.models import Delivery


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened. `kind`: status, attempt, callback, transfer or webhook.

    `error`: of a webhook, what the last try met. `row`: model and id of what it tells of, where
    that may be another's: whoever may not see it is not told.
    """

    at: datetime
    kind: str
    title: str
    detail: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    row: tuple[str, UUID] | None = None


def read_timeline(owner_id: UUID) -> list[TimelineEntry]:
    """Everything that happened to a payment or another owner, oldest first. Five queries, however
    much it is."""
    attempts = {
        attempt.pk: attempt
        for attempt in Attempt.objects.filter(owner_id=owner_id).select_related("provider_account")
    }
    entries: list[TimelineEntry] = []
    for change in StatusChange.objects.filter(owner_id=owner_id).order_by("id"):
        entries.append(_change(change, attempts))
    for callback in Callback.objects.filter(attempt_id__in=list(attempts)):
        entries.append(
            TimelineEntry(
                at=callback.received_at,
                kind="callback",
                title=f"callback from {callback.connector}",
                detail=callback.note,
                data={"status": callback.status},
            )
        )
    for transfer in list_transfers(source_id=owner_id):
        entries.append(
            TimelineEntry(
                at=transfer.created_at,
                kind="transfer",
                title=f"{transfer.kind} {transfer.amount} {transfer.currency}",
                detail=f"{transfer.from_account.kind} to {transfer.to_account.kind}",
                data={"kind": transfer.kind, "amount": transfer.amount},
            )
        )
    deliveries = Delivery.objects.filter(event__object_id=owner_id).select_related(
        "event", "endpoint"
    )
    entries += [_delivery(delivery) for delivery in deliveries]
    # Things of one transaction bear one time; the order above is then the order told.
    return sorted(entries, key=lambda entry: entry.at)


def _change(change: StatusChange, attempts: dict[Any, Attempt]) -> TimelineEntry:
    if change.attempt_id is None:
        return TimelineEntry(
            at=change.created_at,
            kind="status",
            title=f"{change.owner_type} {change.to_status}",
            detail=change.detail,
            data={"from": change.from_status, "to": change.to_status, "source": change.source},
        )
    attempt = attempts[change.attempt_id]
    return TimelineEntry(
        at=change.created_at,
        kind="attempt",
        title=f"attempt {change.to_status} at {attempt.provider_account.connector}",
        detail=change.detail,
        data={
            "id": encode_id("att", attempt.pk),
            "from": change.from_status,
            "to": change.to_status,
            "source": change.source,
            "reference": str(attempt.reference),
            "provider_reference": attempt.provider_reference,
        },
    )


def _delivery(delivery: Delivery) -> TimelineEntry:
    tries = f"{delivery.tries} {'try' if delivery.tries == 1 else 'tries'}"
    return TimelineEntry(
        at=delivery.delivered_at or delivery.created_at,
        kind="webhook",
        title=f"{delivery.event.type} {delivery.status}",
        detail=delivery.last_error or tries,
        data={
            "event": encode_id("evt", delivery.event_id),
            "url": delivery.endpoint.url,
            "status": delivery.status,
            "tries": delivery.tries,
        },
        error=delivery.last_error,
    )
