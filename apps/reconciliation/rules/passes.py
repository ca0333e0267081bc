"""The steps by which a report's lines look for their attempts, and how each is told to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.reconciliation.models import REPORT_DELAY_DAYS_MAX, TOLERANCE_MAX, StatementLine

Pass = StatementLine.Pass

# What identifies one movement by itself.
BY_REFERENCE = (Pass.PROVIDER_REFERENCE, Pass.OUR_REFERENCE)
# What is taken only if nothing else could be meant: never by the amount alone.
BY_LIKENESS = (Pass.MERCHANT_REFERENCE, Pass.NUMBER)
# A total stands for lines, not for an attempt.
BY_SETTLEMENT = (Pass.SETTLEMENT, Pass.SETTLEMENT_PARTS)

# It stands for no attempt: the other side is elsewhere.
BY_COUNTERPART = (Pass.REVERSAL, Pass.OWN_TRANSFER, Pass.OWN_RULE)
# Its other side is a line of another account of ours.
OWN_TRANSFERS = (Pass.OWN_TRANSFER, Pass.OWN_RULE)
ORDER = (BY_REFERENCE, BY_LIKENESS, BY_SETTLEMENT, BY_COUNTERPART)

# Code -> how far apart the line and the attempt may be, and in what: days of the provider's
# zone, so that 23:59 and 00:01 may be one movement, or minutes.
WINDOWS_MAX: Mapping[str, int] = {
    Pass.MERCHANT_REFERENCE: 7,
    Pass.NUMBER: 24 * 60,
    Pass.OWN_TRANSFER: 7,
}
WINDOWS_DEFAULT: Mapping[str, int] = {
    Pass.MERCHANT_REFERENCE: 1,
    Pass.NUMBER: 15,
    Pass.OWN_TRANSFER: 2,
}
IN_DAYS = (Pass.MERCHANT_REFERENCE, Pass.OWN_TRANSFER)


@dataclass(frozen=True, slots=True)
class PassTerms:
    """One step. `window`: days or minutes, as WINDOWS_MAX has it; 0 where there is none."""

    code: str
    window: int = 0


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """How an account's lines are matched: its steps in order, each tried on what is left.

    `tolerance`: by how many minor units a line may differ and still agree. `report_delay_days`:
    how many days later a movement may be reported.
    """

    passes: tuple[PassTerms, ...]
    tolerance: int = 0
    report_delay_days: int = 0
    number: int = 0

    @property
    def references(self) -> tuple[str, ...]:
        return tuple(step.code for step in self.passes if step.code in BY_REFERENCE)

    @property
    def likenesses(self) -> tuple[PassTerms, ...]:
        return tuple(step for step in self.passes if step.code in BY_LIKENESS)

    @property
    def settlements(self) -> tuple[str, ...]:
        return tuple(step.code for step in self.passes if step.code in BY_SETTLEMENT)

    def has(self, code: str) -> bool:
        return any(step.code == code for step in self.passes)


DEFAULT_PLAN = PlanTerms((PassTerms(Pass.OUR_REFERENCE), PassTerms(Pass.PROVIDER_REFERENCE)))


class MatchingPlanInvalid(DomainError):
    code = "matching_plan_invalid"
    status = 422
    title = "This cannot be a matching plan."


def check_plan(terms: PlanTerms) -> PlanTerms:
    """The same. Raises MatchingPlanInvalid, naming what cannot be."""
    codes = [step.code for step in terms.passes]
    if not terms.references:
        raise MatchingPlanInvalid(gettext("One pass by a reference has to be on."))
    if len(set(codes)) != len(codes) or not set(codes) <= set(Pass.values):
        raise MatchingPlanInvalid(gettext("Each pass can be on once."))
    ranks = [_rank(code) for code in codes]
    if ranks != sorted(ranks):
        raise MatchingPlanInvalid(
            gettext(
                "References come first, then likenesses, then settlements, then what was taken"
                " back and transfers of our own."
            )
        )
    for step in terms.passes:
        most = WINDOWS_MAX.get(step.code, 0)
        if not min(1, most) <= step.window <= most:
            raise MatchingPlanInvalid(
                gettext("The window of “%(pass)s” is 1 to %(most)d.")
                % {"pass": Pass(step.code).label, "most": most}
            )
    if not 0 <= terms.tolerance <= TOLERANCE_MAX:
        raise MatchingPlanInvalid(
            gettext("The allowed difference is 0 to %(most)d.") % {"most": TOLERANCE_MAX}
        )
    if not 0 <= terms.report_delay_days <= REPORT_DELAY_DAYS_MAX:
        raise MatchingPlanInvalid(
            gettext("A movement is reported 0 to %(most)d days later.")
            % {"most": REPORT_DELAY_DAYS_MAX}
        )
    return terms


def _rank(code: str) -> int:
    return next(rank for rank, codes in enumerate(ORDER) if code in codes)


def plan_as_json(terms: PlanTerms) -> dict[str, Any]:
    return {
        "passes": [[step.code, step.window] for step in terms.passes],
        "tolerance": terms.tolerance,
        "report_delay_days": terms.report_delay_days,
    }


def plan_from_json(given: Mapping[str, Any]) -> PlanTerms:
    """As plan_as_json wrote it. Raises MatchingPlanInvalid."""
    return check_plan(
        PlanTerms(
            tuple(PassTerms(str(code), int(window)) for code, window in given["passes"]),
            tolerance=int(given["tolerance"]),
            report_delay_days=int(given["report_delay_days"]),
        )
    )


def plan_in_words(terms: PlanTerms) -> Sequence[str]:
    """One line for each pass in its order, then what holds for all."""
    lines = [f"{number}. {pass_in_words(step)}" for number, step in enumerate(terms.passes, 1)]
    lines.append(_words(_("Allowed difference"), str(terms.tolerance)))
    days = ngettext("%d day", "%d days", terms.report_delay_days) % terms.report_delay_days
    lines.append(_words(_("Reported at the latest after"), days))
    return lines


def pass_in_words(step: PassTerms) -> str:
    label = str(Pass(step.code).label)
    if step.code in IN_DAYS:
        return f"{label} (± {ngettext('%d day', '%d days', step.window) % step.window})"
    if step.code == Pass.NUMBER:
        return f"{label} (± {step.window} min)"
    return label


def _words(label: Any, value: str) -> str:
    return gettext("%(label)s: %(value)s") % {"label": label, "value": value}
