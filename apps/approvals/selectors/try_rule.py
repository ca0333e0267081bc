from __future__ import annotations

from collections.abc import Collection
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.actions import approvable_actions
from apps.approvals.rules.facts import MAKER, PastAct
from apps.approvals.rules.matches import asked_by, asks_for, matches
from apps.core.postgresql.long_statements import long_statements

DAYS = 30
SHOWN_MAX = 10


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


def try_rule(
    rule: ApprovalRule, *, merchants: Collection[UUID] | None, now: datetime
) -> TriedRule | None:
    """What a rule, saved or not, would have held of the last DAYS days. None where nothing lists
    what was done, or nobody keeps what it asks about. Within a transaction: it may read long.

    A sum counts what did not fail or was not canceled since, at the moment in which it was made.

    Args:
        merchants: the only ones to look at; None for all.
    """
    action = approvable_actions()[rule.action]
    if not action.past or asks_for(rule) & action.forgets - {MAKER}:
        return None
    rule, tried = copy(rule), TriedRule()
    if rule.makers and MAKER in action.forgets:
        rule.makers, tried.is_maker_unknown = [], True
    with long_statements():
        since = now - timedelta(days=DAYS)
        past = action.read_past(asked_by([rule]), since=since, most=action.past_most + 1)
        for number, act in enumerate(past):
            if number == action.past_most:
                tried.cut_at = number
                break
            if merchants is not None and act.merchant_id not in merchants:
                continue
            tried.acts += 1
            if matches(rule, act.facts):
                tried.held += 1
                if len(tried.latest) < SHOWN_MAX:
                    tried.latest.append(act)
    return tried
