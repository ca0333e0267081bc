from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from time import monotonic

from django.db import OperationalError, transaction
from psycopg.errors import QueryCanceled

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.actions import ApprovableAction, approvable_actions
from apps.approvals.rules.facts import MAKER, PastAct
from apps.approvals.rules.matches import asked_by, asks_for, matches
from apps.core.postgresql.long_statements import long_statements

DAYS = 30
# The latest first; not day by day, for what sums over days is read with each.
SLICES = (1, 6, 23)
# A person waits for it, and a thread of the web server with her.
TRIED_S_MAX = 10.0
SHOWN_MAX = 10
CHUNK = 5_000
DAY = timedelta(days=1)

Visible = Callable[[Sequence[PastAct]], Sequence[PastAct]]


@dataclass(slots=True)
class TriedRule:
    """How many acts there were, how many a rule would have held, and the latest of these.

    `looked_at`: with those that are not hers to see.

    `is_maker_unknown`: nobody keeps who made them, so all count as made by those whom it names.
    `cut_at`: there were more than so many, of which the latest were looked at; 0: there were not.
    `since`: what was done before it was not looked at, for want of time; None: all was.
    """

    acts: int = 0
    looked_at: int = 0
    held: int = 0
    is_maker_unknown: bool = False
    cut_at: int = 0
    since: datetime | None = None
    latest: list[PastAct] = field(default_factory=list)


def try_rule(rule: ApprovalRule, *, visible: Visible | None, now: datetime) -> TriedRule | None:
    """What a rule, saved or not, would have held of the last DAYS days. None where nothing lists
    what was done, or nobody keeps what it asks about. It takes TRIED_S_MAX
    seconds at most, and says how far it came.

    A sum counts what did not fail or was not canceled since, at the moment in which it was made.

    Args:
        visible: those among some acts that are looked at; None: all of them.
    """
    action = approvable_actions()[rule.action]
    if not action.past or asks_for(rule) & action.forgets - {MAKER}:
        return None
    rule, tried = copy(rule), TriedRule()
    if rule.makers and MAKER in action.forgets:
        rule.makers, tried.is_maker_unknown = [], True
    ends_at = monotonic() + TRIED_S_MAX
    # What another server's clock dates later than ours is of the last day.
    until, since = now + DAY, now
    for days in SLICES:
        since -= days * DAY
        try:
            tried = _try_slice(
                rule, action, tried, since=since, until=until, visible=visible, ends_at=ends_at
            )
        except _OutOfTimeError:
            tried.since = min(until, now)
            break
        if tried.cut_at:
            break
        until = since
    return tried


class _OutOfTimeError(Exception):
    pass


def _try_slice(
    rule: ApprovalRule,
    action: ApprovableAction,
    tried: TriedRule,
    *,
    since: datetime,
    until: datetime,
    visible: Visible | None,
    ends_at: float,
) -> TriedRule:
    """Count what was done in that time too: all of it, or nothing."""
    left = ends_at - monotonic()
    if left <= 0:
        raise _OutOfTimeError
    found, most = replace(tried, latest=[*tried.latest]), action.past_most - tried.looked_at
    try:
        with transaction.atomic(), long_statements(left):
            past = action.read_past(asked_by([rule]), since=since, until=until, most=most + 1)
            looked_at = islice(past := iter(past), most)
            while acts := list(islice(_in_time(looked_at, ends_at), CHUNK)):
                found.looked_at += len(acts)
                _count(rule, visible(acts) if visible else acts, found)
            if next(past, None) is not None:
                found.cut_at = action.past_most
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise _OutOfTimeError from error
        raise
    return found


def _in_time(acts: Iterator[PastAct], ends_at: float) -> Iterator[PastAct]:
    for act in acts:
        if monotonic() > ends_at:
            raise _OutOfTimeError
        yield act


def _count(rule: ApprovalRule, acts: Sequence[PastAct], tried: TriedRule) -> None:
    held = [act for act in acts if matches(rule, act.facts)]
    tried.acts += len(acts)
    tried.held += len(held)
    tried.latest += held[: SHOWN_MAX - len(tried.latest)]
