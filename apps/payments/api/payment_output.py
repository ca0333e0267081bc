"""What is answered about payments, for the documentation alone."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import MetadataField
from apps.core.money import EXPONENTS
from apps.orchestration.models import Attempt, AttemptStatus
from apps.payments.models import PaymentStatus
from apps.providers.contract import FailureCode
from apps.providers.rules.payer_prompts import APPROVALS

CURRENCIES = sorted(EXPONENTS)
# What can befall who is paid has no place in a payment.
PAYMENT_FAILURES = [code.value for code in FailureCode if not code.startswith("payee_")]
STATUS_TEXT = "verifying: we do not know, and are asking. expired: it may still succeed, late."


class PayerOutput(serializers.Serializer[Any]):
    phone = serializers.CharField(help_text="Masked.")


class NextActionOutput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=APPROVALS)
    url = serializers.CharField(help_text="Where to send the payer; empty without a redirect.")


class PaymentOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    object = serializers.ChoiceField(choices=["payment"])
    livemode = serializers.BooleanField()
    status = serializers.ChoiceField(choices=PaymentStatus.values, help_text=STATUS_TEXT)
    amount = serializers.IntegerField(help_text="In the currency's smallest unit.")
    amount_received = serializers.IntegerField(
        allow_null=True,
        help_text="What was paid: the amount, unless another was accepted; null until then.",
    )
    amount_refunded = serializers.IntegerField(
        help_text="What was given back of it, or is being; refunds that failed do not count."
    )
    currency = serializers.ChoiceField(choices=CURRENCIES)
    fee = serializers.IntegerField(help_text="What we keep of the amount, once it is paid.")
    country = serializers.CharField(help_text="ISO 3166, of the number.")
    method = serializers.ChoiceField(choices=["mobile_money"])
    operator = serializers.CharField()
    provider = serializers.CharField(help_text="Of the latest attempt.")
    payer = PayerOutput()
    reference = serializers.CharField(help_text="Your own.")
    description = serializers.CharField()
    metadata = MetadataField()
    next_action = NextActionOutput(allow_null=True, help_text="What the payer has to do.")
    failure_code = serializers.ChoiceField(choices=PAYMENT_FAILURES, allow_null=True)
    return_url = serializers.CharField(allow_null=True)
    cancel_url = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField(help_text="Unanswered, it is reported expired then.")
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)


class AttemptOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    object = serializers.ChoiceField(choices=["attempt"])
    livemode = serializers.BooleanField()
    payment = serializers.CharField()
    operation = serializers.ChoiceField(choices=Attempt.Operation.values)
    kind = serializers.ChoiceField(
        choices=Attempt.Operation.values, help_text="The same as operation: its name of before."
    )
    provider = serializers.CharField()
    status = serializers.ChoiceField(choices=AttemptStatus.values)
    reference = serializers.UUIDField(help_text="What the provider knows it by.")
    provider_reference = serializers.CharField(
        allow_null=True, help_text="The provider's own: what the payer reads in the confirmation."
    )
    failure_code = serializers.ChoiceField(choices=PAYMENT_FAILURES, allow_null=True)
    created_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(
        allow_null=True, help_text="When it was given to the provider."
    )
    completed_at = serializers.DateTimeField(allow_null=True)


class PaymentWithAttemptsOutput(PaymentOutput):
    attempts = AttemptOutput(many=True, required=False, help_text="With expand=attempts.")
