"""What is answered about the balance, for the documentation alone."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.money import EXPONENTS
from apps.ledger.selectors.list_movements import KINDS, SIDES


class MoneyOutput(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text="In the currency's smallest unit.")
    currency = serializers.ChoiceField(choices=sorted(EXPONENTS))


class BalanceOutput(serializers.Serializer[Any]):
    object = serializers.ChoiceField(choices=["balance"])
    livemode = serializers.BooleanField()
    available = MoneyOutput(
        many=True,
        help_text="One amount for each currency ever received. Negative when a refund or payout"
        " that failed was sent after all: what comes in next makes up for it.",
    )


class TransferOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    object = serializers.ChoiceField(choices=["transfer"])
    livemode = serializers.BooleanField()
    kind = serializers.ChoiceField(choices=KINDS)
    direction = serializers.ChoiceField(
        choices=sorted(SIDES), help_text="Into your balance, or out of it."
    )
    amount = serializers.IntegerField(help_text="In the currency's smallest unit; never negative.")
    currency = serializers.ChoiceField(choices=sorted(EXPONENTS))
    payment = serializers.CharField(
        allow_null=True, help_text="The payment it books; null if it books something else."
    )
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="What it books: a payment, a refund or a payout."
    )
    created_at = serializers.DateTimeField()
