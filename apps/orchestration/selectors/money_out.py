from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from apps.core.ttl_cache import TtlCache
from apps.orchestration.models import Attempt, MoneyOutHold

OUTGOING = frozenset({Attempt.Operation.REFUND, Attempt.Operation.DISBURSE})


@dataclass(frozen=True, slots=True)
class MoneyOut:
    """Whether money may leave, and until when what is ordered may have been sent before the
    database forgot it: what sends money out, and what collects."""

    is_held: bool = False
    asked_first_until: datetime | None = None
    collects_asked_first_until: datetime | None = None


def money_out() -> MoneyOut:
    """As it stands; a release takes effect within a second."""
    return _kept.get(None)


def is_held_back(attempt: Attempt) -> bool:
    """Whether this one is not to be sent now."""
    return attempt.operation in OUTGOING and money_out().is_held


def is_asked_first(attempt: Attempt) -> bool:
    """Whether its provider is asked before it is sent."""
    known = money_out()
    is_outgoing = attempt.operation in OUTGOING
    until = known.asked_first_until if is_outgoing else known.collects_asked_first_until
    return until is not None and attempt.created_at <= until


def _load(_key: None) -> MoneyOut:
    # One row for each restore. Only the last may be open.
    last = MoneyOutHold.objects.order_by("-opened_at").first()
    if last is None:
        return MoneyOut()
    # A payment is repeated under its key alone; what goes out also as a line of a batch that was
    # paused, or once it is approved again.
    collects_until = last.opened_at + settings.IDEMPOTENCY_KEPT_FOR
    return MoneyOut(last.released_at is None, last.ask_first_until, collects_until)


_kept: TtlCache[None, MoneyOut] = TtlCache(_load)
