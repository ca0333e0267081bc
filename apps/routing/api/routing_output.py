"""What is answered about rails, for the documentation alone."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.money import EXPONENTS
from apps.providers.rules.payer_prompts import APPROVALS
from apps.routing.selectors.availability import OPERATIONS, RailStatus

CURRENCIES = sorted(EXPONENTS)


class MethodRailOutput(serializers.Serializer[Any]):
    provider = serializers.CharField()
    operator = serializers.CharField()
    currency = serializers.ChoiceField(choices=CURRENCIES)
    amount_min = serializers.IntegerField()
    amount_max = serializers.IntegerField()
    authorization = serializers.ChoiceField(choices=APPROVALS, help_text="How the payer agrees.")
    status = serializers.ChoiceField(choices=[RailStatus.OPEN.value, RailStatus.DELAYED.value])


class MethodReasonOutput(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=["no_rail", "amount_out_of_range", "rail_closed"])
    detail = serializers.CharField()


class MethodPredictionOutput(serializers.Serializer[Any]):
    object = serializers.ChoiceField(choices=["payment_method"])
    livemode = serializers.BooleanField()
    phone = serializers.CharField(help_text="E.164.")
    national = serializers.CharField(help_text="As written at home.")
    international = serializers.CharField(help_text="As written abroad.")
    country = serializers.CharField(help_text="ISO 3166.")
    operator = serializers.CharField(allow_null=True, help_text="Null when it is not known.")
    is_test_number = serializers.BooleanField(help_text="A number of a provider's own sandbox.")
    rails = MethodRailOutput(many=True, help_text="What can serve it now, the best first.")
    reason = MethodReasonOutput(
        allow_null=True, help_text="Why no rail can: what creating the payment would answer."
    )


class PromptOutput(serializers.Serializer[Any]):
    fr = serializers.CharField()
    en = serializers.CharField()


class AvailabilityOutput(serializers.Serializer[Any]):
    object = serializers.ChoiceField(choices=["availability"])
    livemode = serializers.BooleanField()
    country = serializers.CharField(help_text="ISO 3166.")
    operator = serializers.CharField()
    provider = serializers.CharField()
    name = serializers.CharField(help_text="What payers call it.")
    operation = serializers.ChoiceField(choices=OPERATIONS)
    status = serializers.ChoiceField(choices=[status.value for status in RailStatus])
    reason = serializers.ChoiceField(choices=["closed_by_us", "slow_answers"], allow_null=True)
    since = serializers.DateTimeField(
        allow_null=True, help_text="The first trouble of the last ten minutes, when delayed."
    )
    currency = serializers.ChoiceField(choices=CURRENCIES)
    decimals = serializers.IntegerField(help_text="Of the currency: 1500 XAF has none.")
    amount_min = serializers.IntegerField()
    amount_max = serializers.IntegerField()
    authorization = serializers.ChoiceField(choices=APPROVALS, help_text="How the payer agrees.")
    prompt = PromptOutput(help_text="What to tell the payer.")
