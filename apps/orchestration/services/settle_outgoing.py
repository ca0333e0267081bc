from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.orchestration.models import AttemptStatus
from apps.orchestration.rules.outgoing_status import SUCCEEDED, outgoing_status
from apps.orchestration.rules.owners import Case, Writes
from apps.orchestration.services.contradict_end import contradict_end
from apps.orchestration.services.stop_if_doubtful import stop_if_doubtful
from apps.orchestration.services.try_again import try_again
from apps.orchestration.transitions import Lifecycle, record_move
from apps.providers.models import ProviderAccount

OUTGOING_FIELDS = ("status", "failure_code", "sequence", "completed_at")


@dataclass(frozen=True, slots=True)
class Ended:
    """A case that came to its end. `was_over`: it had failed before, and what was held of it was
    given back."""

    case: Case
    was_over: bool


def settle_outgoing(
    cases: Sequence[Case],
    lifecycle: Lifecycle,
    *,
    account_for: Callable[[Case], ProviderAccount | None],
    before_success: Callable[[Any], None] | None = None,
    now: datetime,
) -> tuple[Writes, list[Ended]]:
    """Derive the status of each owner that sends money out from all its attempts, and do what comes
    of it: another attempt, the event and its deliveries. No query a case.

    Owners and attempts are locked, and as they will be written. A status that the table refuses is
    a contradiction for a person, and changes nothing else.

    Args:
        account_for: where to try one again of which nothing was sent; None to give up.
        before_success: is shown each row that succeeds now before it is told of.

    Returns:
        What to write, and the cases that came to their end: what was held of them is the owner's to
        book or to give back.
    """
    writes = Writes()
    for case in cases:
        writes.add(stop_if_doubtful(case, now=now))
    tries = []
    for case in cases:
        is_over = case.row.status in lifecycle.final
        if not is_over and all(one.status == AttemptStatus.NOT_SENT for one in case.attempts):
            account = account_for(case)
            if account is not None:
                tries.append((case, account))
    writes.add(try_again(tries, now=now))
    ended = []
    for case in cases:
        row = case.row
        to_status, failure_code = outgoing_status(
            current=row.status, failure_code=row.failure_code, attempts=case.attempts
        )
        if to_status == row.status:
            continue
        if not lifecycle.allows(row.status, to_status, is_repair=case.is_repair):
            writes.add(contradict_end(case, to_status, now=now))
            continue
        row.failure_code = failure_code
        was_over = row.status in lifecycle.final
        if before_success is not None and to_status == SUCCEEDED:
            before_success(row)
        moved = record_move(
            row, to_status, lifecycle, source=case.source, now=now, is_repair=case.is_repair
        )
        writes.inserts += moved.rows
        writes.update(row, OUTGOING_FIELDS)
        if to_status in lifecycle.final:
            ended.append(Ended(case, was_over))
    return writes, ended
