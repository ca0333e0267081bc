from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.errors import DomainError
from apps.core.public_ids import new_id
from apps.reconciliation.services.record_decision import ReasonMissing

TOGETHER_MAX = 200


@dataclass(frozen=True, slots=True)
class Together:
    """How many were decided, and of those left out the refusal, by their ids."""

    decision_id: UUID
    done: int = 0
    left_out: Mapping[UUID, DomainError] = field(default_factory=dict)


@transaction.atomic
def decide_together(
    act: Callable[..., Any], *, shown: Mapping[UUID, int], **values: Any
) -> Together:
    """Decide several discrepancies at once, with one reason, as they were shown.

    What changed since, or is refused for itself, is left out and said. Two who decide the same rows
    wait for each other: rows are locked in one order.

    Args:
        act: one of the services on one discrepancy that take `sequence` and `decision_id`.
        shown: the ids and the sequences they were shown with, 200 at most.
        values: what the act takes beside them.

    Raises:
        ReasonMissing: nothing is done.
    """
    decision_id = new_id()
    done, left_out = 0, {}
    for pk in sorted(shown)[:TOGETHER_MAX]:
        try:
            act(discrepancy_id=pk, sequence=shown[pk], decision_id=decision_id, **values)
        except ReasonMissing:
            raise
        except DomainError as refusal:
            left_out[pk] = refusal
        else:
            done += 1
    return Together(decision_id, done, left_out)
