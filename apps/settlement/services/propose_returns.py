from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from apps.approvals.models import ApprovalRequest
from apps.core.errors import DomainError
from apps.settlement.models import BankAnswer, BankAnswerLine, Contradiction
from apps.settlement.services.propose_return import propose_return


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of one line: what waits for a second person, or why it does not."""

    line: BankAnswerLine
    request: ApprovalRequest | None = None
    refusal: DomainError | None = None


def propose_returns(
    answers: Iterable[BankAnswer],
    *,
    reason: str,
    requested_by: AbstractBaseUser,
    now: datetime,
) -> list[Proposed]:
    """Ask a second person about every transfer that these answers say came back after it was booked
    as paid, once however often they say so. Each by itself: one that is refused hinders no other.
    Safe to repeat."""
    lines = BankAnswerLine.objects.select_related("settlement").filter(
        answer__in=list(answers),
        contradiction=Contradiction.REJECTED_AFTER_PAID,
        closed_at__isnull=True,
    )
    found = []
    for line in lines.order_by("settlement_id", "id").distinct("settlement_id"):
        try:
            request = propose_return(
                line_id=line.pk, reason=reason, requested_by=requested_by, now=now
            )
        except DomainError as refusal:
            found.append(Proposed(line, refusal=refusal))
        else:
            found.append(Proposed(line, request=request))
    return found
