from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.core.rate_limit import acquire, refuse
from apps.core.work.outbox import wake_on_commit
from apps.merchants.limits import payer_limits
from apps.merchants.selectors.refuse_disabled import refuse_disabled
from apps.orchestration.models import Attempt, StatusChange
from apps.orchestration.rules.order_reference import first_reference, next_reference
from apps.orchestration.selectors.money_out import may_have_been_sent
from apps.orchestration.services.open_attempt import TOPIC, open_attempt
from apps.orchestration.services.withdraw_attempts import withdraw_attempts
from apps.payments.models import PayerChoice, Payment, PaymentStatus
from apps.payments.rules.payer import PAYER_INDEX, set_payer
from apps.payments.rules.payer_choice import may_choose
from apps.payments.selectors.lock_payment import lock_payment
from apps.payments.services.plan_collect import CollectPlan, plan_collect
from apps.payments.transitions import move
from apps.providers.contract import Operation
from apps.providers.registry import operation_profile
from apps.vault.blind_index import search_index

# What an earlier number was tried at, and this one is not.
TRIED_BEFORE = "tried before"

CHOICE_FIELDS = (
    "status",
    "sequence",
    "country",
    "operator",
    "provider",
    "payer_msisdn_encrypted",
    "payer_msisdn_index",
    "payer_msisdn_masked",
    "candidates",
    "fee",
    "fee_tax",
    "fee_line_id",
    "next_action",
    "payer_choice",
    "expires_at",
)


class PayerAlreadyNamed(DomainError):
    code = "payer_already_named"
    status = 409
    title = "A number was asked already, or the payment is over."
    staff_words = _("This payment goes on already, or is over.")


def name_payer(*, payment_id: UUID, phone: str, operator: str, seen: int, now: datetime) -> None:
    """The payer says which number pays: it is asked, once.

    Safe to repeat: `seen` is how many attempts the payer's page knew of, and a page that another
    answer has overtaken asks nobody.

    Args:
        phone: as the payer wrote it. `operator`: whose wallet it is, "" to go by the number.

    Raises:
        PayerAlreadyNamed: it was asked meanwhile, or is over; nothing was changed.
        MerchantDisabled: nobody is asked for it any more.
        PayerRateLimited, PayerDailyLimit, PayerAskedByMany: too many were asked of this payer.
        InvalidPhoneNumber, NoRail, AmountOutOfRange, RailClosed, FeeNotConvertible.
    """
    payment = Payment.objects.select_related("merchant").get(pk=payment_id)
    _refuse_unasked(payment, list(payment.attempts.order_by("id")), seen=seen, now=now)
    refuse_disabled(payment.merchant_id)
    plan = plan_collect(
        merchant=payment.merchant,
        livemode=payment.livemode,
        money=Money(payment.amount, payment.currency),
        phone=phone,
        country=payment.country,
        operator=operator,
        created_at=payment.created_at,
        now=now,
    )
    mode = "live" if payment.livemode else "test"
    refuse(
        acquire(
            payer_limits(
                scope=f"{payment.merchant_id}:{mode}",
                phone_index=search_index(plan.phone.msisdn, purpose=PAYER_INDEX),
                livemode=payment.livemode,
                name=f"checkout {payment_id} {seen}",
            )
        )
    )
    with transaction.atomic():
        payment, attempts = lock_payment(payment_id)
        _refuse_unasked(payment, attempts, seen=seen, now=now)
        _ask(payment, attempts, plan, now=now)
        failpoint("checkout.choice.before_commit")


def _refuse_unasked(payment: Payment, attempts: list[Attempt], *, seen: int, now: datetime) -> None:
    is_asked = any(may_have_been_sent(one) for one in attempts)
    if is_asked or len(attempts) != seen or not may_choose(payment, attempts, now=now):
        raise PayerAlreadyNamed("Open the payer's page again: it says how the payment stands.")


def _ask(payment: Payment, attempts: list[Attempt], plan: CollectPlan, *, now: datetime) -> None:
    api = StatusChange.Source.API
    # An earlier number that nobody was sent to yet is never asked.
    withdrawn = withdraw_attempts(
        attempts, source=api, detail="the payer named another number", now=now
    )
    bulk_write(withdrawn.inserts, withdrawn.updates)
    account = plan.candidates[0].account
    payment.country = plan.phone.country
    payment.operator = plan.operator
    payment.provider = account.connector
    set_payer(payment, plan.phone.msisdn)
    payment.candidates = _candidates(plan, attempts)
    payment.fee, payment.fee_tax = plan.fee.fee.amount, plan.fee.fee.tax
    payment.fee_line_id = plan.fee.line_id
    payment.next_action = None
    payment.payer_choice = PayerChoice.MADE
    expires_after_s = operation_profile(account, Operation.COLLECT).expires_after_s
    payment.expires_at = now + timedelta(seconds=expires_after_s)
    rows = []
    if payment.status != PaymentStatus.PENDING:
        rows += move(
            payment,
            PaymentStatus.PENDING,
            source=api,
            detail="the payer named the number that pays",
            now=now,
        ).rows
    attempt, birth = open_attempt(
        owner_type="payment",
        owner=payment,
        operation=Operation.COLLECT,
        account=account,
        source=api,
        due_at=now,
        now=now,
        reference=next_reference(attempts[-1].reference)
        if attempts
        else first_reference(payment.pk),
    )
    bulk_write([attempt, birth, *rows], {payment: CHOICE_FIELDS})
    wake_on_commit(TOPIC)


def _candidates(plan: CollectPlan, attempts: list[Attempt]) -> list[dict[str, str]]:
    """The routing of this number. What was tried for another stays among them, and is not tried
    again for this one."""
    found = [candidate.as_json() for candidate in plan.candidates]
    kept = {each["account"] for each in found if each["reason"] == "kept"}
    tried = {
        str(one.provider_account_id): one.provider_account.connector
        for one in attempts
        if str(one.provider_account_id) not in kept
    }
    return [each for each in found if each["account"] not in tried] + [
        {"account": account, "provider": provider, "reason": TRIED_BEFORE}
        for account, provider in tried.items()
    ]
