from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.actions import approvable_actions, known_rails
from apps.approvals.rules.facts import MAKER
from apps.approvals.rules.makers import are_programs, are_staff
from apps.approvals.rules.matches import asks_for, matches_whenever
from apps.approvals.rules.steps import (
    ONE_OTHER_PERSON,
    can_be_met,
    merge_steps,
    steps_of,
)
from apps.approvals.selectors.known_staff import KnownStaff, known_staff


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """Why a rule enforces nothing. `is_fatal`: as it stands it never can, or nobody could obey."""

    text: str | Promise
    is_fatal: bool


def rule_problems(rule: ApprovalRule, known: KnownStaff | None = None) -> list[RuleProblem]:
    """All that is wrong with a rule, saved or not: what is fatal, else what enforces nothing.

    Args:
        known: read once for many rules.
    """
    known = known or known_staff()
    fatal = [RuleProblem(text, True) for text in _never(rule, known)]
    return fatal or [RuleProblem(text, False) for text in _nothing(rule, known)]


def _never(rule: ApprovalRule, known: KnownStaff) -> list[str | Promise]:
    action = approvable_actions().get(rule.action)
    if action is None:
        return [_("There is no such action.")]
    found: list[str | Promise] = []
    has_band = rule.amount_min is not None or rule.amount_max is not None
    if has_band and not rule.currency:
        found.append(_("An amount needs its currency."))
    if rule.amount_max is not None and (rule.amount_min or 0) > rule.amount_max:
        found.append(_("No amount lies between these two."))
    if rule.sum_of and (rule.sum_hours is None or rule.amount_min is None):
        found.append(_("A sum needs its hours, and the amount that it reaches."))
    if not rule.sum_of and rule.sum_hours is not None:
        found.append(_("Hours are of a sum: say of what."))
    if asks_for(rule) - action.tells - {MAKER}:
        found.append(_("This action does not tell what the rule asks about: it would never match."))
    if rule.keys_may_decide and not action.decide_by_key:
        found.append(_("No key of a merchant decides this action."))
    if rule.makers and action.turn_down and not are_programs(rule.makers):
        found.append(_("Only programs of merchants make this: no person of the staff would match."))
    if rule.makers and not action.decide_by_key and not are_staff(rule.makers):
        found.append(_("Only staff ask for this: no key of a merchant would match."))
    if rule.rail and rule.rail not in known_rails():
        found.append(_("There is no such operator."))
    steps = steps_of(rule.steps)
    roles = {role for role in steps if role is not None}
    if not steps:
        found.append(_("It demands nobody."))
    elif not roles <= known.names.keys():
        found.append(_("It asks for a role that there is no longer."))
    elif rule.is_enabled and not can_be_met(known.deciders_of(steps)):
        found.append(
            _("There are fewer people who may decide with these roles than the rule demands.")
        )
    return found


def _nothing(rule: ApprovalRule, known: KnownStaff) -> list[str | Promise]:
    if not rule.is_enabled:
        return [_("It is switched off.")]
    found: list[str | Promise] = []
    steps = steps_of(rule.steps)
    people = known.deciders_of(steps)
    action = approvable_actions()[rule.action]
    # Whoever asks is one of them now and then; of what a merchant made nobody of them asks.
    may_ask = frozenset().union(*people)
    if rule.makers:
        makers = known.people_of(rule.makers)
        may_ask &= makers
        if not makers and not are_programs(rule.makers):
            found.append(_("Nobody whom it names as maker is there any longer."))
    if not action.turn_down and any(
        not can_be_met([one - {asking} for one in people]) for asking in may_ask
    ):
        found.append(_("When one of those it demands asks herself, nobody is left for a step."))
    if steps == ONE_OTHER_PERSON and action.is_always_asked:
        found.append(_("It demands no more than holds without it: one other person."))
    for other in known.rules:
        if other.pk == rule.pk or other.action != rule.action:
            continue
        theirs = steps_of(other.steps)
        is_as_strict = rule.keys_may_decide or not other.keys_may_decide
        if is_as_strict and matches_whenever(other, rule) and merge_steps(theirs, steps) == theirs:
            found.append(
                _("“%(name)s” demands the same or more, whenever this one matches.")
                % {"name": other.name}
            )
    return found
