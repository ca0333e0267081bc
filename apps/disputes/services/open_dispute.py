from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.public_ids import encode_id, new_id_at
from apps.core.storable_text import storable_text
from apps.core.work.outbox import wake_on_commit
from apps.disputes.models import Dispute, DisputeStatus, EvidenceText, Network, OpenedBy, Stage
from apps.disputes.rules.due_dates import evidence_due_at, next_due_at
from apps.disputes.rules.evidence import TEXT_LENGTH_MAX, new_text
from apps.disputes.transitions import move
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import post
from apps.orchestration.models import StatusChange
from apps.orchestration.rules.owners import Lock
from apps.payments.selectors.load_payments import load_payments
from apps.payments.services.reserve_dispute import reserve_dispute
from apps.refunds.selectors.waiting_refunds import lock_waiting_refunds
from apps.refunds.services.yield_to_dispute import yield_to_dispute
from apps.webhooks.services import build_event as webhooks

# Who opens it -> who brought it, as histories say.
SOURCES: Mapping[str, str] = {
    OpenedBy.MERCHANT: StatusChange.Source.API,
    OpenedBy.PAYER: StatusChange.Source.API,
    OpenedBy.PROVIDER: StatusChange.Source.STATEMENT,
    OpenedBy.STAFF: StatusChange.Source.STAFF,
}


class DisputeExists(DomainError):
    code = "dispute_exists"
    status = 409
    title = "This payment is disputed already."
    staff_words = _("This payment is disputed already.")


class StageNotOfNetwork(DomainError):
    code = "dispute_stage_not_of_network"
    status = 422
    title = "Stages and reason codes are of cards."
    staff_words = _("Stages and reason codes are of cards; mobile money has neither.")


@dataclass(frozen=True, slots=True)
class DisputeOrder:
    """What is disputed, and why.

    `amount`: in minor units; None for all that is left. `stage`: "" for the network's first one.
    `evidence_due_at`: the date whoever decides has set; None for ours. `complaint`: what was said,
    in the payer's own words.
    """

    reason: str
    amount: int | None = None
    reason_code: str = ""
    stage: str = ""
    provider_reference: str = ""
    evidence_due_at: datetime | None = None
    complaint: str = ""


@transaction.atomic
def open_dispute(
    *,
    payment_id: UUID,
    order: DisputeOrder,
    opened_by: str,
    now: datetime,
    is_payment_locked: bool = False,
) -> Dispute:
    """Record a dispute, set its amount aside in the payment and in the merchant's balance, and tell
    of it. A refund that waits for approval yields to it: it is canceled.

    It is held whatever the balance is: what a provider takes back is gone whether we have it or
    not, and what others dispute may be (docs/adr/0024). The balance may be negative then.

    Args:
        opened_by: of OpenedBy.
        is_payment_locked: by the caller, after its refunds that wait. Whoever holds one that came
            in between waits for the payment, and is not waited for.

    Raises:
        DisputeExists, PaymentNotDisputable, DisputeExceedsPayment, StageNotOfNetwork,
            EvidenceDateImplausible: nothing was recorded.
    """
    if not is_payment_locked:
        lock_waiting_refunds(payment_id)
    payment = load_payments([payment_id], lock=Lock.WAIT)[payment_id]
    existing = Dispute.objects.filter(payment_id=payment_id, closed_at=None).values_list("pk")
    for (existing_id,) in existing:
        raise DisputeExists(f"By {encode_id('dis', existing_id)}.", field="payment")
    network = Network.CARD if payment.method == Network.CARD else Network.MOBILE_MONEY
    stage = _stage(order, network)
    yield_to_dispute(payment, amount=order.amount, source=SOURCES[opened_by], now=now)
    money = reserve_dispute(payment, amount=order.amount)
    due_at = evidence_due_at(stage, named=order.evidence_due_at, now=now)
    dispute = Dispute(
        id=new_id_at(now),
        merchant_id=payment.merchant_id,
        livemode=payment.livemode,
        payment=payment,
        amount=money.amount,
        currency=money.currency,
        network=network,
        reason=order.reason,
        reason_code=order.reason_code,
        stage=stage,
        status="",
        opened_by=opened_by,
        provider_reference=order.provider_reference,
        evidence_due_at=due_at,
        due_at=next_due_at(due_at, now=now),
        opened_at=now,
    )
    moved = move(dispute, DisputeStatus.NEEDS_RESPONSE, source=SOURCES[opened_by], now=now)
    held = post(
        {TransferKind.DISPUTE_HELD: money},
        merchant_id=payment.merchant_id,
        source_id=dispute.pk,
        livemode=payment.livemode,
        now=now,
    )
    bulk_write([dispute, *moved.rows, *held, *_complaint(dispute, order, now=now)])
    wake_on_commit(webhooks.TOPIC)
    return dispute


def _stage(order: DisputeOrder, network: Network) -> str:
    first = Stage.CHARGEBACK if network is Network.CARD else Stage.COMPLAINT
    stage = order.stage or first
    is_of_cards = stage != Stage.COMPLAINT
    if is_of_cards != (network is Network.CARD) or (order.reason_code and not is_of_cards):
        raise StageNotOfNetwork(f"This payment was made by {network.value}.", field="stage")
    return stage


def _complaint(dispute: Dispute, order: DisputeOrder, *, now: datetime) -> list[EvidenceText]:
    text = storable_text(order.complaint, TEXT_LENGTH_MAX)
    kind = EvidenceText.Kind.COMPLAINT
    return [new_text(dispute.pk, kind, text, now=now)] if text else []
