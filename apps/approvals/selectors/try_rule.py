from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.actions import approvable_actions
from apps.approvals.rules.facts import MAKER, PastAct
from apps.approvals.rules.matches import asked_by, asks_for, matches
from apps.core.postgresql.long_statements import long_statements

DAYS = 30
SHOWN_MAX = 10
CHUNK = 5_000

Visible = Callable[[Sequence[PastAct]], Sequence[PastAct]]


@dataclass(slots=True)
class TriedRule:
    """How many acts there were, how many a rule would have held, and the latest of these.

    `is_maker_unknown`: nobody keeps who made them, so all count as made by those whom it names.
    `cut_at`: there were more than so many, of which the latest were looked at; 0: there were not.
    """

    acts: int = 0
    held: int = 0
    is_maker_unknown: bool = False
    cut_at: int = 0
    latest: list[PastAct] = field(default_factory=list)


def try_rule(rule: ApprovalRule, *, visible: Visible | None, now: datetime) -> TriedRule | None:
    """What a rule, saved or not, would have held of the last DAYS days. None where nothing lists
    what was done, or nobody keeps what it asks about. Within a transaction: it may read long.

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
    with long_statements():
        since = now - timedelta(days=DAYS)
        past = iter(action.read_past(asked_by([rule]), since=since, most=action.past_most + 1))
        looked_at = islice(past, action.past_most)
        while acts := list(islice(looked_at, CHUNK)):
            _count(rule, visible(acts) if visible else acts, tried)
        if next(past, None) is not None:
            tried.cut_at = action.past_most
    return tried


def _count(rule: ApprovalRule, acts: Sequence[PastAct], tried: TriedRule) -> None:
    held = [act for act in acts if matches(rule, act.facts)]
    tried.acts += len(acts)
    tried.held += len(held)
    tried.latest += held[: SHOWN_MAX - len(tried.latest)]
