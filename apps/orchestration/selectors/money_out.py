from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from apps.core.ttl_cache import TtlCache
from apps.orchestration.models import Attempt, AttemptStatus, MoneyOutHold

OUTGOING = frozenset({Attempt.Operation.REFUND, Attempt.Operation.DISBURSE})

# How soon it is looked again at what is held back. Whoever releases it has it sent at once.
HELD_FOR = timedelta(hours=1)

# Whoever releases it waits for those who have this.
HELD = "SELECT FROM orchestration_moneyouthold WHERE released_at IS NULL FOR SHARE"


@dataclass(frozen=True, slots=True)
class MoneyOut:
    """Whether money may leave, and until when what is ordered may have been sent before the
    database forgot it: what sends money out, and what collects. `restored_at`: the last time."""

    is_held: bool = False
    restored_at: datetime | None = None
    asked_first_until: datetime | None = None
    collects_asked_first_until: datetime | None = None


def money_out() -> MoneyOut:
    """As it stands; a release takes effect within a second."""
    return _kept.get(None)


def lock_held() -> bool:
    """Whether money out is held, until this transaction ends. To be called before attempts are
    locked."""
    if not money_out().is_held:
        return False
    with connection.cursor() as cursor:
        cursor.execute(HELD)
        return cursor.fetchone() is not None


def was_before_restore(at: datetime) -> bool:
    """Whether what is known of that time may have gone on since, and been forgotten."""
    restored_at = money_out().restored_at
    return restored_at is not None and at < restored_at


def may_have_been_sent(attempt: Attempt) -> bool:
    """Whether one that is still to be sent may have been sent all the same, before the database
    forgot it: until its provider is asked, nobody can say that it was not."""
    return attempt.status == AttemptStatus.CREATED and was_before_restore(attempt.created_at)


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
    # One row for each restore, of servers whose clocks may differ.
    holds = MoneyOutHold.objects.values_list("released_at", "opened_at", "ask_first_until")
    if not holds:
        return MoneyOut()
    released, opened, until = zip(*holds, strict=True)
    # A payment is repeated under its key alone; what goes out also as a line of a batch that was
    # paused, or once it is approved again.
    return MoneyOut(
        is_held=None in released,
        restored_at=max(opened),
        asked_first_until=max(until),
        collects_asked_first_until=max(opened) + settings.IDEMPOTENCY_KEPT_FOR,
    )


_kept: TtlCache[None, MoneyOut] = TtlCache(_load)
