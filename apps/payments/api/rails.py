"""The addresses of one operator: thin doors over what /payments does."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import query_parameters
from apps.core.api.openapi import operation
from apps.merchants import scopes
from apps.merchants.caller import caller_of
from apps.payments.api import examples
from apps.payments.api.payment_input import RailPaymentInput, read_rail_payment_request
from apps.payments.api.payments import CREATION_ERRORS, answer_with_new_payment
from apps.payments.rules.representation import PaymentOutput
from apps.payments.selectors.find_payment import PaymentNotFound, find_payment_of_operator
from apps.routing.rules.refusals import WrongOperator

BY_ID_OR_REFERENCE = (
    "By our id, or by your reference: of several payments with one reference, the newest."
)


class OrangePayment(APIView):
    scopes = {"POST": scopes.PAYMENTS_WRITE}
    counted_by_service = {"POST"}

    @operation(
        summary="Create an Orange Money payment",
        description="As POST /payments, for Orange alone; keys are kept apart from those there.",
        answer=PaymentOutput,
        status=201,
        body=RailPaymentInput,
        errors=[*CREATION_ERRORS, WrongOperator],
        example=examples.NEW_ORANGE_PAYMENT,
        request_example=examples.ORANGE_REQUEST,
    )
    def post(self, request: Request) -> HttpResponse:
        wanted = read_rail_payment_request(request.data, operator="orange")
        return answer_with_new_payment(request, wanted)


class MtnCollection(APIView):
    scopes = {"POST": scopes.PAYMENTS_WRITE}
    counted_by_service = {"POST"}

    @operation(
        summary="Create an MTN MoMo payment",
        description="As POST /payments, for MTN alone; keys are kept apart from those there.",
        answer=PaymentOutput,
        status=201,
        body=RailPaymentInput,
        errors=[*CREATION_ERRORS, WrongOperator],
        example=examples.NEW_PAYMENT,
        request_example=examples.PAYMENT_REQUEST,
    )
    def post(self, request: Request) -> HttpResponse:
        wanted = read_rail_payment_request(request.data, operator="mtn")
        return answer_with_new_payment(request, wanted)


class _RailStatus(APIView):
    scopes = {"GET": scopes.PAYMENTS_READ}
    rail_operator: ClassVar[str]

    def answer(self, request: Request, id_or_reference: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        payment = find_payment_of_operator(
            id_or_reference, operator=self.rail_operator, caller=caller_of(request)
        )
        return Response(PaymentOutput.as_json(payment))


class OrangeStatus(_RailStatus):
    rail_operator = "orange"

    @operation(
        summary="Get an Orange Money payment",
        description=BY_ID_OR_REFERENCE,
        answer=PaymentOutput,
        errors=[PaymentNotFound],
        example=examples.ORANGE_PAYMENT,
    )
    def get(self, request: Request, id_or_reference: str) -> Response:
        return self.answer(request, id_or_reference)


class MtnStatus(_RailStatus):
    rail_operator = "mtn"

    @operation(
        summary="Get an MTN MoMo payment",
        description=BY_ID_OR_REFERENCE,
        answer=PaymentOutput,
        errors=[PaymentNotFound],
    )
    def get(self, request: Request, id_or_reference: str) -> Response:
        return self.answer(request, id_or_reference)
