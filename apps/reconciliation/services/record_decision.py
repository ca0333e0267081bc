from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.public_ids import new_id, new_id_at
from apps.reconciliation.models import Discrepancy, DiscrepancyEvent
from apps.vault.masked_text import reason_text

REASON_LENGTH_MAX = 300

Act = DiscrepancyEvent.Act


class ReasonMissing(DomainError):
    code = "reason_missing"
    title = "Say why, in 300 characters at most."


class DiscrepancyClosed(DomainError):
    code = "discrepancy_closed"
    status = 409
    title = "This discrepancy is already closed."


class DiscrepancyMoved(DomainError):
    code = "discrepancy_moved"
    status = 409
    title = "This discrepancy is not what was shown. Look at it again."


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decides of one discrepancy, or of several at once. `actor`: "user:7"."""

    act: Act
    actor: str
    reason: str
    now: datetime
    id: UUID = field(default_factory=new_id)

    @property
    def person_id(self) -> int:
        return int(self.actor.removeprefix("user:"))


def read_reason(reason: str) -> str:
    """It is kept for ever: no payer's number stays in it.

    Raises:
        ReasonMissing: blank, or longer than 300 characters.
    """
    reason = reason_text(reason, REASON_LENGTH_MAX)
    if not reason:
        raise ReasonMissing(_("Say why, in 300 characters at most."), field="reason")
    return reason


def lock_open(discrepancy_id: UUID, *, sequence: int | None) -> Discrepancy:
    """The discrepancy, locked and open.

    Args:
        sequence: as it was shown; None: not looked at.

    Raises:
        DiscrepancyClosed: repaired or decided before.
        DiscrepancyMoved: something became of it since it was shown.
    """
    discrepancy = Discrepancy.objects.select_for_update(no_key=True).get(pk=discrepancy_id)
    if discrepancy.status != Discrepancy.Status.OPEN:
        raise DiscrepancyClosed(_("This discrepancy is already closed."))
    if sequence is not None and discrepancy.sequence != sequence:
        raise DiscrepancyMoved(_("This discrepancy is not what was shown. Look at it again."))
    return discrepancy


def record_decision(
    discrepancy: Discrepancy,
    decision: Decision,
    changes: Mapping[str, Any] | None = None,
    *,
    undoes: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Make these changes of a locked discrepancy and write its history, and the audit trail.

    Args:
        changes: by the names of its columns; empty for an act that changes none.
        detail: what the audit trail says beside the reason.
    """
    # What is set to the value that it has is no change: it neither is undone nor stands in the way.
    changes = {
        name: value
        for name, value in (changes or {}).items()
        if getattr(discrepancy, name) != value
    }
    before = {name: _as_json(getattr(discrepancy, name)) for name in changes}
    for name, value in changes.items():
        setattr(discrepancy, name, value)
    discrepancy.sequence += 1
    discrepancy.save(update_fields=[*changes, "sequence"])
    DiscrepancyEvent.objects.create(
        id=new_id_at(decision.now),
        discrepancy=discrepancy,
        sequence=discrepancy.sequence,
        act=decision.act,
        decision_id=decision.id,
        actor=decision.actor,
        reason=decision.reason,
        before=before,
        after={name: _as_json(value) for name, value in changes.items()},
        undoes=undoes,
        created_at=decision.now,
    )
    record(
        actor=decision.actor,
        action=f"discrepancy.{decision.act}",
        target=discrepancy.public_id,
        detail={"kind": discrepancy.kind, "reason": decision.reason, **(detail or {})},
        now=decision.now,
    )


def closing(status: str, decision: Decision) -> dict[str, Any]:
    """The changes by which a decision closes a discrepancy; who decided becomes its owner."""
    return {
        "status": str(status),
        "resolution": decision.reason,
        "owner_id": decision.person_id,
        "closed_at": decision.now,
        "expected_until": None,
    }


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
