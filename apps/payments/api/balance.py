from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.ledger.selectors.read_balance import read_balance
from apps.merchants import scopes
from apps.merchants.authentication import api_key_of


class BalanceDetail(APIView):
    """What we owe the merchant, one amount a currency."""

    scopes = {"GET": scopes.BALANCE_READ}

    def get(self, request: Request) -> Response:
        api_key = api_key_of(request)
        balances = read_balance(merchant_id=api_key.merchant_id, livemode=api_key.livemode)
        return Response(
            {
                "object": "balance",
                "livemode": api_key.livemode,
                "available": [
                    {"amount": money.amount, "currency": money.currency} for money in balances
                ],
            }
        )
