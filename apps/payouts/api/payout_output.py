"""What is answered about payouts, for the documentation alone."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import MetadataField
from apps.core.money import EXPONENTS
from apps.payouts.models import PayoutStatus
from apps.providers.contract import FailureCode

# What can befall who pays has no place in a payout.
PAYOUT_FAILURES = [code.value for code in FailureCode if not code.startswith("payer_")]


class PayeeOutput(serializers.Serializer[Any]):
    phone = serializers.CharField(help_text="Masked.")


class PayoutOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    object = serializers.ChoiceField(choices=["payout"])
    livemode = serializers.BooleanField()
    status = serializers.ChoiceField(
        choices=PayoutStatus.values,
        help_text="verifying: we do not know, and are asking; nothing is sent again meanwhile.",
    )
    amount = serializers.IntegerField(help_text="In the currency's smallest unit.")
    currency = serializers.ChoiceField(choices=sorted(EXPONENTS))
    country = serializers.CharField(help_text="ISO 3166, of the number.")
    operator = serializers.CharField()
    provider = serializers.CharField(help_text="Of the latest attempt.")
    payee = PayeeOutput()
    reference = serializers.CharField(help_text="Your own.")
    description = serializers.CharField()
    metadata = MetadataField()
    failure_code = serializers.ChoiceField(choices=PAYOUT_FAILURES, allow_null=True)
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
