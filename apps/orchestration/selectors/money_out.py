from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

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
    # Of each restore: until when what goes out is asked about first, and the last that is known
    # from before.
    remembered: Sequence[tuple[datetime, datetime]] = ()


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


def may_be_sent_since(attempt: Attempt) -> datetime:
    """When this order may have been sent first, if the database forgot it: it was made anew since,
    and forgotten was what came after the last that is known from before."""
    made_at = attempt.created_at
    return min(
        (last for until, last in money_out().remembered if made_at <= until), default=made_at
    )


def _load(_key: None) -> MoneyOut:
    # One row for each restore, of servers whose clocks may differ.
    holds = MoneyOutHold.objects.values_list("released_at", "opened_at", "ask_first_until", "id")
    if not holds:
        return MoneyOut()
    released, opened, until, ids = zip(*holds, strict=True)
    # A payment is repeated under its key alone; what goes out also as a line of a batch that was
    # paused, or once it is approved again.
    return MoneyOut(
        is_held=None in released,
        restored_at=max(opened),
        asked_first_until=max(until),
        collects_asked_first_until=max(opened) + settings.IDEMPOTENCY_KEPT_FOR,
        remembered=[
            (asked_until, last)
            for asked_until, hold_id in zip(until, ids, strict=True)
            if (last := _last_before(hold_id)) is not None
        ],
    )


def _last_before(hold_id: UUID) -> datetime | None:
    """When the youngest attempt was made that is older than this hold: ids have their time, and one
    that is opened again keeps its own."""
    found = (
        Attempt.objects.filter(pk__lt=hold_id).order_by("-pk").values_list("created_at", flat=True)
    )
    return found.first()


_kept: TtlCache[None, MoneyOut] = TtlCache(_load)
