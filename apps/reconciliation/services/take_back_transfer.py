from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.failpoints import failpoint
from apps.ledger.rules.corrections import CorrectionRefused
from apps.ledger.selectors.booked_discrepancy import booked_discrepancy
from apps.ledger.services.reverse_transfer import reverse_transfer
from apps.reconciliation.models import Discrepancy, Statement, StatementLine
from apps.reconciliation.rules.same_movement import same_movement
from apps.reconciliation.rules.write_off import GIVEN_UP
from apps.reconciliation.services.compare_attempts import compare_attempts
from apps.reconciliation.services.lock_matching import lock_matching
from apps.reconciliation.services.lock_matching_of_attempt import MatchingUnderWay
from apps.reconciliation.services.match_line import match_line
from apps.reconciliation.services.record_decision import (
    REASON_LENGTH_MAX,
    Act,
    Decision,
    closing,
    record_decision,
)
from apps.reconciliation.services.rematch_later import rematch_later


@transaction.atomic
def take_back_transfer(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "ledger.reverse" does: the transfer is reversed; where it booked a
    discrepancy, that is open again.

    The ledger takes one booking of a discrepancy, so the one that was booked is closed as "taken
    back", and both sides are compared anew: what still differs is opened, and its history names the
    old one; where they agree by now, nothing is.

    Args:
        payload: as of `reverse_transfer`.

    Raises:
        CorrectionRefused: it is not what was shown, or has an act of its own that takes it back; it
            took back what booked a discrepancy, which is decided at the desk instead; or more of
            the same money was booked after it, which comes first.
        AlreadyReversed.
        MatchingUnderWay: a report of the account is being matched.
    """
    booked = booked_discrepancy(transfer_id=UUID(payload["transfer_id"]))
    if booked is not None and booked.is_reversal:
        # It would give up once more what may be given up otherwise meanwhile.
        raise CorrectionRefused(
            _("It took back what a discrepancy had booked: decide that at the desk.")
        )
    known = Discrepancy.objects.filter(pk=booked.id).first() if booked is not None else None
    if known is not None and not lock_matching(known.provider_account_id, wait=False):
        raise MatchingUnderWay(
            _("A report of this account is being matched. Try again in a minute.")
        )
    correction = reverse_transfer(
        payload, requested_by=requested_by, approved_by=approved_by, reason=reason, now=now
    )
    failpoint("discrepancies.take_back.after_booking")
    if known is not None:
        row = Discrepancy.objects.select_for_update(no_key=True).get(pk=known.pk)
        _refuse_booked_after(row)
        decision = Decision(Act.TAKE_BACK, requested_by, reason, now)
        detail = {"approved_by": approved_by, "correction": correction.public_id}
        record_decision(
            row, decision, closing(Discrepancy.Status.TAKEN_BACK, decision), detail=detail
        )
        _compare_again(row, decision, detail)
        if row.statement is not None and row.statement.status == Statement.Status.MATCHED:
            # What answers to more than one line, or to a dispute, is found with the whole report.
            rematch_later([row.statement.pk], now=now)


def _refuse_booked_after(row: Discrepancy) -> None:
    """What was booked because this one had been hides what the comparison would find of it."""
    if row.kind == Discrepancy.Kind.FEE_DIFFERS:
        return
    same = Q(attempt_id=row.attempt_id) if row.attempt_id else Q(pk__in=[])
    if row.line is not None:
        same |= same_movement(row.line)
    after = (
        Discrepancy.objects.filter(
            same,
            provider_account_id=row.provider_account_id,
            status__in=GIVEN_UP,
            closed_at__gt=row.closed_at,
        )
        .exclude(kind=Discrepancy.Kind.FEE_DIFFERS)
        .order_by("closed_at")
        .last()
    )
    if after is not None:
        raise CorrectionRefused(
            _("%(id)s was booked after it, of the same money: take that back first.")
            % {"id": after.public_id}
        )


def _compare_again(row: Discrepancy, decision: Decision, detail: Mapping[str, Any]) -> None:
    lines = _lines_of(row)
    attempts = {row.attempt_id} if row.attempt_id else set()
    for line in lines:
        match_line(statement_id=line.statement_id, line_id=line.pk, now=decision.now)
        line.refresh_from_db(fields=["attempt_id"])
        if line.attempt_id is not None:
            attempts.add(line.attempt_id)
    if row.statement is not None:
        compare_attempts(statement=row.statement, attempt_ids=attempts, now=decision.now)
    opened = Discrepancy.objects.select_for_update(no_key=True).filter(
        Q(line__in=lines) | Q(attempt_id__in=attempts),
        provider_account_id=row.provider_account_id,
        status=Discrepancy.Status.OPEN,
        opened_at=decision.now,
    )
    said = f"{row.public_id}: {decision.reason}"[:REASON_LENGTH_MAX]
    because = Decision(Act.TAKE_BACK, decision.actor, said, decision.now, decision.id)
    for one in opened.order_by("id"):
        record_decision(one, because, detail=detail)


def _lines_of(row: Discrepancy) -> list[StatementLine]:
    """What counts of its movement: its own line, and those that later reports have of it."""
    line = row.line
    if line is None:
        return []
    same = Q(pk=line.pk)
    if line.provider_reference:
        same |= Q(provider_reference=line.provider_reference)
    if line.reference:
        same |= Q(provider_reference="", reference=line.reference)
    found = StatementLine.objects.filter(
        same,
        statement__provider_account_id=row.provider_account_id,
        statement__status=Statement.Status.MATCHED,
        match__in=(StatementLine.Match.MATCHED, StatementLine.Match.EXCEPTION),
    )
    return list(found.order_by("id"))
