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
from apps.providers.rules.phone_numbers import (
    InvalidPhoneNumber,
    LegacyPhoneNumber,
    is_sandbox_number,
    writings,
)
from apps.routing.api import examples
from apps.routing.api.method_input import PaymentMethodInput, read_method_question
from apps.routing.api.routing_output import MethodPredictionOutput
from apps.routing.selectors.availability import one_rail
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
        example=examples.PAYMENT_METHOD,
        request_example=examples.PAYMENT_METHOD_REQUEST,
    )
    def post(self, request: Request) -> HttpResponse:
        question = read_method_question(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            prediction = predict_payment_method(
                merchant=caller.merchant, livemode=caller.livemode, question=question, now=now
            )
            return 200, _as_json(prediction, livemode=caller.livemode)

        return idempotent_response(request, work, is_shared=True)


def _as_json(prediction: Prediction, *, livemode: bool) -> dict[str, Any]:
    phone, refusal = prediction.phone, prediction.refusal
    national, international = writings(phone.msisdn)
    return {
        "object": "payment_method",
        "livemode": livemode,
        "phone": f"+{phone.msisdn}",
        "national": national,
        "international": international,
        "country": phone.country,
        "operator": prediction.operator or None,
        "is_test_number": is_sandbox_number(phone.msisdn),
        "rails": [_rail(accounts) for accounts in _by_rail(prediction)],
        "reason": {"code": refusal.code, "detail": refusal.detail} if refusal else None,
    }


def _by_rail(prediction: Prediction) -> list[list[ProviderAccount]]:
    """The accounts of each rail together, rails in the order of their best account."""
    found: dict[tuple[str, str], list[ProviderAccount]] = {}
    for candidate in prediction.candidates:
        account = candidate.account
        found.setdefault((account.connector, account.currency), []).append(account)
    return list(found.values())


def _rail(accounts: list[ProviderAccount]) -> dict[str, Any]:
    rail = one_rail(accounts)
    return {
        "provider": rail.profile.code,
        "operator": rail.profile.operator,
        "currency": rail.currency,
        "amount_min": rail.amount_min,
        "amount_max": rail.amount_max,
        "authorization": rail.profile.approval,
        "status": rail.status,
    }
