from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.formats import date_format

from apps.core.public_ids import first_id_at
from apps.disputes.models import Dispute
from apps.orchestration.models import ATTEMPT_FINAL, Attempt, AttemptStatus
from apps.orchestration.rules.owners import owner_of
from apps.orchestration.selectors.attempts_to_ask import attempts_to_ask
from apps.payments.models import Payment, PaymentStatus
from apps.providers.contract import FailureCode, Operation
from apps.providers.registry import profile_of
from apps.providers.rules.failures import FAILURES
from apps.reconciliation.models import Discrepancy
from apps.refunds.models import Refund
from apps.support_tickets.rules.case_facts import COMPLAINTS, CaseFacts, Disputed, Webhooks
from apps.support_tickets.rules.situations import (
    SITUATIONS,
    NextAction,
    Situation,
    situation_code,
)
from apps.webhooks.models import Delivery

# What makes a case of its own, when open: the two sides disagree about the money itself.
MONEY_DIFFERS = (
    Discrepancy.Kind.STATUS_DIFFERS,
    Discrepancy.Kind.CONTRADICTION,
    Discrepancy.Kind.AMOUNT_DIFFERS,
    Discrepancy.Kind.CURRENCY_DIFFERS,
    Discrepancy.Kind.UNKNOWN_TO_THEM,
    Discrepancy.Kind.DUPLICATE_LINE,
)
# "Within a day": the two are looked for on both sides of the payment.
TWICE_WITHIN = timedelta(days=1)


class Voice(StrEnum):
    PAYER = "payer"
    MERCHANT = "merchant"
    AGENT = "agent"


@dataclass(frozen=True)
class Case:
    """One payment, refund or payout and what the case is.

    `subject` is what the situation is about: the owner, or a payment's latest refund.
    """

    code: str
    facts: CaseFacts
    owner: Any
    subject_type: str
    subject: Any
    attempts: Sequence[Attempt]
    # An open disagreement that reconciliation has, if any.
    discrepancy_id: UUID | None
    # The latest dispute of a payment, while it is open or if it was lost.
    dispute_id: UUID | None = None

    @property
    def situation(self) -> Situation:
        return SITUATIONS[self.code]

    @cached_property
    def action(self) -> NextAction:
        """The next right one; to wait, where there is nobody to ask yet."""
        action = self.situation.action
        if action == NextAction.ASK_PROVIDER and not attempts_to_ask(self.subject.pk):
            return NextAction.WAIT
        return action

    @property
    def undecided_attempt(self) -> Attempt | None:
        return next((attempt for attempt in self.attempts if attempt.needs_person), None)

    @property
    def failure_code(self) -> str:
        return str(self.subject.failure_code)

    def sentence(self, voice: Voice, language: str) -> str:
        """What this person is told."""
        return self._in(language, getattr(self.situation, voice), voice)

    def steps(self, language: str) -> list[str]:
        return [self._in(language, step, Voice.AGENT) for step in self.situation.steps]

    def expected(self, language: str) -> str:
        return self._in(language, self.situation.expected, Voice.AGENT)

    def _in(self, language: str, text: Any, voice: Voice) -> str:
        with translation.override(language):
            return str(text) % self._values(voice)

    def _values(self, voice: Voice) -> Mapping[str, str]:
        checks = [
            attempt.next_check_at
            for attempt in self.attempts
            if attempt.next_check_at and attempt.status not in ATTEMPT_FINAL
        ]
        code = self.failure_code
        return {
            "number": _number_of(self.owner),
            "failure": str(getattr(FAILURES[FailureCode(code)], voice)) if code else "",
            "expires": self._time(getattr(self.owner, "expires_at", None)),
            "next_check": self._time(min(checks, default=None)),
        }

    def _time(self, moment: datetime | None) -> str:
        """In the merchant's zone."""
        if moment is None:
            return "–"
        local = moment.astimezone(ZoneInfo(self.owner.merchant.timezone))
        return f"{date_format(local, 'j N Y')} {local:%H:%M %Z}".replace(" ", "\u00a0")


def read_case(owner_type: str, owner_id: UUID, *, category: str = "") -> Case | None:
    """What the case is, of a payment, a refund or a payout; None of anything else, or of none.
    At most nine queries.

    Args:
        category: what the customer complains of, a category of tickets.
    """
    if owner_type not in {"payment", "refund", "payout"}:
        return None
    owner = owner_of(owner_type).load([owner_id]).get(owner_id)
    if owner is None:
        return None
    facts, attempts, discrepancy_id = _facts(owner_type, owner, category)
    subject_type, subject = owner_type, owner
    dispute = _dispute(owner) if owner_type == "payment" else None
    if dispute is not None:
        facts = replace(facts, disputed=Disputed.OPEN if dispute.is_open else Disputed.LOST)
    if owner_type == "payment" and owner.status == PaymentStatus.SUCCEEDED:
        refund = Refund.objects.filter(payment_id=owner_id).order_by("-id").first()
        if refund is not None:
            of_refund, its_attempts, its_discrepancy = _facts("refund", refund, "")
            facts = replace(facts, refund=of_refund)
            if situation_code(facts).startswith("refund_"):
                subject_type, subject = "refund", refund
                attempts, discrepancy_id = its_attempts, its_discrepancy
        elif _is_paid_twice(owner):
            facts = replace(facts, is_paid_twice=True)
    return Case(
        code=situation_code(facts),
        facts=facts,
        owner=owner,
        subject_type=subject_type,
        subject=subject,
        attempts=attempts,
        discrepancy_id=discrepancy_id,
        dispute_id=dispute.pk if dispute else None,
    )


def _dispute(payment: Payment) -> Dispute | None:
    """The one that is open, else the latest that took something of the payment."""
    if not payment.amount_disputed:
        return None
    taking = Q(closed_at=None) | Q(amount_lost__gt=0)
    return Dispute.objects.filter(taking, payment_id=payment.pk).order_by("-id").first()


def _facts(
    owner_type: str, owner: Any, category: str
) -> tuple[CaseFacts, list[Attempt], UUID | None]:
    attempts = list(
        Attempt.objects.filter(owner_id=owner.pk).select_related("provider_account").order_by("id")
    )
    sent = [
        attempt
        for attempt in attempts
        if attempt.status not in {AttemptStatus.CREATED, AttemptStatus.NOT_SENT}
    ]
    discrepancy_id = (
        Discrepancy.objects.filter(
            attempt_id__in=[attempt.pk for attempt in attempts],
            status=Discrepancy.Status.OPEN,
            kind__in=MONEY_DIFFERS,
        )
        .order_by("id")
        .values_list("pk", flat=True)
        .first()
    )
    facts = CaseFacts(
        owner_type=owner_type,
        status=owner.status,
        failure_code=owner.failure_code,
        approval=_approval(attempts[-1]) if attempts and owner_type == "payment" else "",
        was_sent=bool(sent),
        is_open=any(attempt.status not in ATTEMPT_FINAL for attempt in sent),
        needs_person=any(attempt.needs_person for attempt in attempts),
        is_contradicted=discrepancy_id is not None,
        webhooks=_webhooks(owner.pk),
        complaint=COMPLAINTS.get(category),
    )
    return facts, attempts, discrepancy_id


def _approval(attempt: Attempt) -> str:
    profile = profile_of(attempt.provider_account.connector, Operation.COLLECT)
    return profile.approval if profile else ""


def _webhooks(owner_id: UUID) -> Webhooks:
    """Of the endpoints that still are."""
    found = list(
        Delivery.objects.filter(event__object_id=owner_id, endpoint__deleted_at=None)
        .select_related("endpoint")
        .only("status", "tries", "endpoint__is_enabled", "endpoint__paused_at")
    )
    if not found:
        return Webhooks.NOT_WANTED
    waiting = [one for one in found if one.status != Delivery.Status.DELIVERED]
    if not waiting:
        return Webhooks.DELIVERED
    if any(one.endpoint.paused_at or not one.endpoint.is_enabled for one in waiting):
        return Webhooks.STOPPED
    is_failing = any(one.tries or one.status == Delivery.Status.FAILED for one in waiting)
    return Webhooks.FAILING if is_failing else Webhooks.UNDER_WAY


def _is_paid_twice(payment: Payment) -> bool:
    """By the index of the payer's number; what she has back is not paid any more."""
    alike = Q(amount=payment.amount, currency=payment.currency)
    if payment.merchant_reference:
        alike |= Q(merchant_reference=payment.merchant_reference)
    return (
        Payment.objects.filter(
            alike,
            payer_msisdn_index=payment.payer_msisdn_index,
            merchant_id=payment.merchant_id,
            livemode=payment.livemode,
            id__gte=first_id_at(payment.created_at - TWICE_WITHIN),
            id__lt=first_id_at(payment.created_at + TWICE_WITHIN),
            status=PaymentStatus.SUCCEEDED,
            amount_refunded__lt=Coalesce("amount_received", "amount") - F("amount_disputed"),
        )
        .exclude(pk=payment.pk)
        .exists()
    )


def _number_of(owner: Any) -> str:
    return str(getattr(owner, "payee_msisdn_masked", "") or owner.payer_msisdn_masked)
