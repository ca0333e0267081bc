from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from apps.core.errors import DomainError
from apps.core.public_ids import encode_id
from apps.disputes.models import Dispute, DisputeFileLine, Network, OpenedBy
from apps.disputes.services.open_dispute import DisputeOrder, open_dispute
from apps.orchestration.models import Attempt, AttemptStatus
from apps.orchestration.rules.owners import Lock
from apps.payments.models import Payment
from apps.payments.selectors.load_payments import load_payments
from apps.refunds.selectors.waiting_refunds import lock_waiting_refunds

# What fails unexpectedly is tried again for so long.
TRIED_FOR = timedelta(hours=24)
CODE_LENGTH_MAX = 16

Status = DisputeFileLine.Status


class _NeedsPerson(Exception):
    """Why no dispute may be opened of it without somebody who looks."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


@transaction.atomic
def open_dispute_from_line(
    *, line_id: UUID, leased_until: datetime, now: datetime
) -> DisputeFileLine:
    """Open what a line of a provider's file tells of, once: a case that is in a dispute already is
    seen before. A line that cannot be followed needs a person, and says why. Safe to repeat.

    Args:
        leased_until: what the claim set `due_at` to: another value says that it was done.
    """
    line = (
        DisputeFileLine.objects.select_related("file__provider_account")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=line_id)
    )
    if line.due_at != leased_until:
        return line
    line.due_at = None
    try:
        # What was begun of a dispute that may not be is undone alone.
        with transaction.atomic():
            line.dispute, is_new = _dispute_of(line, now=now)
        line.status = Status.OPENED if is_new else Status.SEEN_BEFORE
    except _NeedsPerson as reason:
        line.status = Status.NEEDS_PERSON
        line.problem, line.problem_detail = reason.code, reason.detail[:200]
    except DomainError as refusal:
        line.status = Status.NEEDS_PERSON
        line.problem, line.problem_detail = refusal.code[:40], str(refusal.detail)[:200]
    line.save(update_fields=["due_at", "dispute", "status", "problem", "problem_detail"])
    return line


def _dispute_of(line: DisputeFileLine, *, now: datetime) -> tuple[Dispute, bool]:
    if line.tried_from is not None and now - line.tried_from > TRIED_FOR:
        raise _NeedsPerson("tried_too_long")
    payment_id = _payment_of(line)
    # Lines with one number of theirs come one after the other, whatever payment each names.
    with connection.cursor() as cursor:
        key = f"dispute case {line.file.provider_account_id} {line.case}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    lock_waiting_refunds(payment_id)
    # Before the look at its disputes, so that two lines of one case open one.
    payment = load_payments([payment_id], lock=Lock.WAIT)[payment_id]
    if payment.currency != line.currency:
        raise _NeedsPerson("currency_differs", payment.currency)
    known = _known_case(line, payment)
    if known is not None:
        return known, False
    is_card = payment.method == Network.CARD
    order = DisputeOrder(
        reason=line.reason,
        amount=line.amount,
        reason_code=line.reason_word[:CODE_LENGTH_MAX] if is_card else "",
        provider_reference=line.case,
        evidence_due_at=line.evidence_due_at,
    )
    opened = open_dispute(
        payment_id=payment_id,
        order=order,
        opened_by=OpenedBy.PROVIDER,
        now=now,
        is_payment_locked=True,
    )
    return opened, True


def _payment_of(line: DisputeFileLine) -> UUID:
    """By our reference or theirs, among what this account collected."""
    named = Q(pk__in=[])
    if line.reference:
        named |= Q(statement_reference__in={line.reference, line.reference.lower()})
    if line.provider_reference:
        named |= Q(provider_reference=line.provider_reference)
    attempts = list(
        Attempt.objects.filter(named, provider_account=line.file.provider_account)
        .order_by()
        .values_list("owner_type", "owner_id", "status")
    )
    found = {(owner_type, owner_id) for owner_type, owner_id, _ in attempts}
    if not found:
        raise _NeedsPerson("payment_unknown")
    if len(found) > 1:
        raise _NeedsPerson("payment_ambiguous")
    ((owner_type, owner_id),) = found
    if owner_type != "payment":
        raise _NeedsPerson("not_a_payment", owner_type)
    if all(status != AttemptStatus.SUCCEEDED for _, _, status in attempts):
        # By our books another account has this money, or nobody: none of it is held for this one.
        raise _NeedsPerson("not_collected_here", encode_id("pay", owner_id))
    return owner_id


def _known_case(line: DisputeFileLine, payment: Payment) -> Dispute | None:
    """The dispute of this case, whatever became of it. Locked is its payment: nobody opens another
    meanwhile."""
    found = Dispute.objects.filter(payment_id=payment.pk, provider_reference=line.case).first()
    if found is None:
        other = DisputeFileLine.objects.filter(
            file__provider_account=line.file.provider_account,
            case=line.case,
            status__in=[Status.OPENED, Status.SEEN_BEFORE],
        ).first()
        if other is not None:
            # One number of theirs, and two payments.
            raise _NeedsPerson("case_differs", other.public_id)
        return None
    if found.amount != line.amount:
        raise _NeedsPerson("case_differs", found.public_id)
    return found
