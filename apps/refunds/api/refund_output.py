"""What is answered about refunds, for the documentation alone."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import MetadataField
from apps.core.money import EXPONENTS
from apps.providers.contract import FailureCode
from apps.refunds.models import RefundStatus, RefundWay

# What can befall who pays has no place in a refund.
REFUND_FAILURES = [code.value for code in FailureCode if not code.startswith("payer_")]


class RefundOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    object = serializers.ChoiceField(choices=["refund"])
    livemode = serializers.BooleanField()
    payment = serializers.CharField(help_text="The payment whose money is given back.")
    status = serializers.ChoiceField(
        choices=RefundStatus.values,
        help_text="processing: a provider has it. verifying: we do not know, and are asking.",
    )
    amount = serializers.IntegerField(help_text="In the currency's smallest unit.")
    currency = serializers.ChoiceField(choices=sorted(EXPONENTS))
    way = serializers.ChoiceField(
        choices=RefundWay.values,
        help_text="refund: the rail's own. disburse: a payment to the payer's number, where the"
        " rail's own cannot be used.",
    )
    provider = serializers.CharField()
    reason = serializers.CharField(help_text="Your own.")
    metadata = MetadataField()
    failure_code = serializers.ChoiceField(choices=REFUND_FAILURES, allow_null=True)
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
