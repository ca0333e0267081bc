from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.ledger.selectors.read_balance import read_balance
from apps.merchants import scopes
from apps.merchants.caller import caller_of


class BalanceDetail(APIView):
    """What we owe the merchant, one amount a currency."""

    scopes = {"GET": scopes.BALANCE_READ}

    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        balances = read_balance(merchant_id=caller.merchant.pk, livemode=caller.livemode)
        return Response(
            {
                "object": "balance",
                "livemode": caller.livemode,
                "available": [
                    {"amount": money.amount, "currency": money.currency} for money in balances
                ],
            }
        )
