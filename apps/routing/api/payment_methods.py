from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.api.openapi import operation
from apps.merchants import scopes
from apps.merchants.caller import Caller
from apps.merchants.services.idempotent_response import idempotent_response
from apps.providers.models import ProviderAccount
from apps.providers.rules.phone_numbers import InvalidPhoneNumber, LegacyPhoneNumber
from apps.routing.api.method_input import PaymentMethodInput, read_method_question
from apps.routing.api.routing_output import MethodPredictionOutput
from apps.routing.selectors.availability import Rail, one_rail
from apps.routing.services.predict_payment_method import Prediction, predict_payment_method


class PaymentMethodPrediction(APIView):
    """A question, but a POST with a key like any other: a phone number has no place in addresses,
    which are logged on the way."""

    scopes = {"POST": scopes.PAYMENTS_READ}

    @operation(
        summary="Predict how a number can pay",
        description="A phone number in any writing: its country and operator, and the rails that"
        " can serve it now, the best first. The operator is the one that was first given the"
        " number: a ported number, or a wallet elsewhere, only the payer knows.",
        answer=MethodPredictionOutput,
        body=PaymentMethodInput,
        errors=[InvalidPhoneNumber, LegacyPhoneNumber],
        request_example={"phone": "677 00 00 01", "amount": 1500, "currency": "XAF"},
    )
    def post(self, request: Request) -> HttpResponse:
        question = read_method_question(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            prediction = predict_payment_method(
                merchant=caller.merchant, livemode=caller.livemode, question=question, now=now
            )
            return 200, MethodPredictionOutput.as_json(
                prediction, livemode=caller.livemode, rails=_rails(prediction)
            )

        return idempotent_response(request, work, is_shared=True)


def _rails(prediction: Prediction) -> list[Rail]:
    """One of all accounts of a connector and currency, in the order of their best account."""
    found: dict[tuple[str, str], list[ProviderAccount]] = {}
    for candidate in prediction.candidates:
        account = candidate.account
        found.setdefault((account.connector, account.currency), []).append(account)
    return [one_rail(accounts, operator=prediction.operator) for accounts in found.values()]
