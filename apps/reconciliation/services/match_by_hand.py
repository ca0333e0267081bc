from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.orchestration.models import Attempt, AttemptStatus
from apps.orchestration.selectors.load_attempts import load_attempts
from apps.reconciliation.models import Discrepancy, HandMatch, Statement, StatementLine
from apps.reconciliation.rules.hand_match import ATTEMPTS_MAX, MATCHABLE, difference_refusal
from apps.reconciliation.rules.money_out import is_line_of
from apps.reconciliation.rules.write_off import GIVEN_UP, GIVEN_UP_OF_ATTEMPT
from apps.reconciliation.selectors.given_up_with import given_up_with
from apps.reconciliation.services.compare_attempts import compare_attempts
from apps.reconciliation.services.lock_matching import lock_matching
from apps.reconciliation.services.lock_matching_of_attempt import MatchingUnderWay
from apps.reconciliation.services.match_line import match_line
from apps.reconciliation.services.record_decision import (
    Act,
    Decision,
    closing,
    lock_open,
    record_decision,
)


class HandMatchRefused(DomainError):
    code = "hand_match_refused"
    status = 409
    title = "This line cannot be matched with these attempts."


@transaction.atomic
def match_by_hand(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "discrepancy.match" does: the discrepancy's line stands for these attempts,
    one or several, until it is undone. Books nothing.

    What the line and the attempts were open for is closed, and the line compared again, which then
    counts as matched.

    Args:
        payload: `discrepancy_id` and its `sequence`; `attempts`, [{"id", "amount"}]; `amount`, of
            the line, in minor units of `currency`; `explained_as` and `difference`, which is what
            the line has more than the attempts together.

    Raises:
        HandMatchRefused: one is another's, not paid, in another currency, found on another line, or
            a difference is not explained; or the money of the line was given up.
        DiscrepancyClosed, DiscrepancyMoved: see resolve_discrepancy.
        MatchingUnderWay: a report of the account is being matched.
    """
    discrepancy_id = UUID(payload["discrepancy_id"])
    account_id = Discrepancy.objects.values_list("provider_account_id", flat=True).get(
        pk=discrepancy_id
    )
    # Before the rows, as whoever matches a report does.
    if not lock_matching(account_id, wait=False):
        raise MatchingUnderWay(
            _("A report of this account is being matched. Try again in a minute.")
        )
    discrepancy = lock_open(discrepancy_id, sequence=payload["sequence"])
    line = discrepancy.line
    if line is None or discrepancy.kind not in MATCHABLE:
        raise HandMatchRefused(_("Only a line that fits no attempt is matched by hand."))
    _check_line(line, payload)
    attempts = _read_attempts(payload)
    _check_attempts(line, attempts, payload, account_id)
    decision = Decision(Act.MATCH, requested_by, reason, now)
    # Of lines that count no more, their reports were withdrawn or replaced. Whole, as they were
    # decided: part of a line's attempts never stands for it.
    former = HandMatch.objects.filter(
        attempt_id__in=[one.pk for one in attempts], undone_at=None
    ).values("line_id")
    HandMatch.objects.filter(line_id__in=former, undone_at=None).update(undone_at=now)
    HandMatch.objects.bulk_create(
        HandMatch(
            line=line,
            attempt_id=attempt.pk,
            amount=amount_of(attempt),
            currency=line.currency,
            difference=payload["difference"],
            explained_as=payload["explained_as"],
            decision_id=decision.id,
            requested_by_id=int(requested_by.removeprefix("user:")),
            approved_by_id=int(approved_by.removeprefix("user:")),
            made_at=now,
        )
        for attempt in attempts
    )
    others = Discrepancy.objects.select_for_update(no_key=True).filter(
        attempt_id__in=[attempt.pk for attempt in attempts],
        kind=Discrepancy.Kind.UNKNOWN_TO_THEM,
        status=Discrepancy.Status.OPEN,
    )
    detail = {"approved_by": approved_by, "attempts": [one.public_id for one in attempts]}
    for row in (discrepancy, *others.order_by("id")):
        record_decision(row, decision, closing(Discrepancy.Status.MATCHED, decision), detail=detail)
    failpoint("discrepancies.match.before_match")
    # What the line stood for until now, by its reference, is looked for elsewhere.
    touched = {attempt.pk for attempt in attempts}
    if line.attempt_id is not None:
        touched.add(line.attempt_id)
    match_line(statement_id=line.statement_id, line_id=line.pk, now=now)
    compare_attempts(statement=line.statement, attempt_ids=touched, now=now)


def _check_line(line: StatementLine, payload: Mapping[str, Any]) -> None:
    if line.statement.status != Statement.Status.MATCHED:
        raise HandMatchRefused(_("The report of this line does not count."))
    if (line.amount, line.currency) != (payload["amount"], payload["currency"]):
        raise HandMatchRefused(_("The line is not what was shown."))
    if line.outcome != "succeeded":
        raise HandMatchRefused(_("This line moved no money."))
    if (before := given_up_with(line)) is not None:
        raise HandMatchRefused(
            _("%(id)s was written off: its money would be counted twice.")
            % {"id": before.public_id}
        )


def _read_attempts(payload: Mapping[str, Any]) -> list[Attempt]:
    shown = {UUID(one["id"]): one["amount"] for one in payload["attempts"]}
    if not 0 < len(shown) <= ATTEMPTS_MAX or len(shown) != len(payload["attempts"]):
        raise HandMatchRefused(
            _("Name between 1 and %(count)s attempts, each once.") % {"count": ATTEMPTS_MAX},
            field="attempts",
        )
    # Locked in one order, so that none is decided otherwise meanwhile.
    list(Attempt.objects.select_for_update(no_key=True).filter(pk__in=shown).order_by("pk"))
    found = load_attempts(shown)
    attempts = [found[pk] for pk in sorted(shown) if pk in found]
    if len(attempts) != len(shown) or any(amount_of(one) != shown[one.pk] for one in attempts):
        raise HandMatchRefused(_("The attempts are not what was shown."), field="attempts")
    return attempts


def amount_of(attempt: Attempt) -> int:
    """Of an attempt older than its own amount, its owner's."""
    amount: int = attempt.owner.amount if attempt.amount is None else attempt.amount
    return amount


def _check_attempts(
    line: StatementLine,
    attempts: Sequence[Attempt],
    payload: Mapping[str, Any],
    account_id: UUID,
) -> None:
    taken = set(
        StatementLine.objects.filter(
            attempt_id__in=[one.pk for one in attempts],
            match=StatementLine.Match.MATCHED,
            statement__status=Statement.Status.MATCHED,
        )
        .exclude(pk=line.pk)
        .values_list("attempt_id", flat=True)
    ) | set(
        HandMatch.objects.filter(
            attempt_id__in=[one.pk for one in attempts],
            undone_at=None,
            line__match=StatementLine.Match.MATCHED,
            line__statement__status=Statement.Status.MATCHED,
        ).values_list("attempt_id", flat=True)
    )
    written_off = set(
        Discrepancy.objects.filter(
            attempt_id__in=[one.pk for one in attempts],
            kind__in=GIVEN_UP_OF_ATTEMPT,
            status__in=GIVEN_UP,
        ).values_list("attempt_id", flat=True)
    )
    for one in attempts:
        refused = ""
        if one.provider_account_id != account_id:
            refused = _("%(id)s is of another provider account.")
        elif one.status != AttemptStatus.SUCCEEDED:
            refused = _("%(id)s is not paid with us: ask the provider, or have it booked first.")
        elif (one.currency or one.owner.currency) != line.currency:
            refused = _("%(id)s is in another currency.")
        elif not is_line_of(line.operation, line.amount, one.operation):
            refused = _("%(id)s moved its money the other way.")
        elif one.pk in taken:
            refused = _("%(id)s is on another line already.")
        elif one.pk in written_off:
            refused = _("%(id)s was written off: its money would be counted twice.")
        if refused:
            raise HandMatchRefused(refused % {"id": one.public_id}, field="attempts")
    total = sum(amount_of(one) for one in attempts)
    difference = abs(line.amount or 0) - total
    refusal = difference_refusal(difference, payload["explained_as"], len(attempts), total)
    if difference != payload["difference"] or refusal:
        raise HandMatchRefused(
            (refusal or _("The line is not what was shown."))
            % {"money": Money(difference, line.currency)},
            field="explained_as",
        )
