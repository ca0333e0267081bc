from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import database_clock
from apps.core.api import query_parameters
from apps.core.api.fields import NoInput, refuse_any_field
from apps.core.api.openapi import (
    CREATED_AFTER,
    CREATED_BEFORE,
    operation,
    text_parameter,
    words_parameter,
)
from apps.core.pagination import page_as_json
from apps.ledger.services.hold import BalanceTooLow
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.merchants.services.idempotent_response import idempotent_response
from apps.orchestration.api.timeline_output import timeline_as_json, timeline_operation
from apps.orchestration.models import StatusChange
from apps.payments.models import Payment
from apps.payments.selectors.find_payment import (
    PaymentNotFound,
    find_payment,
    find_payment_of_operator,
)
from apps.payments.services.reserve_refund import (
    PaymentDisputed,
    PaymentNotRefundable,
    RefundCurrencyDiffers,
    RefundExceedsPayment,
)
from apps.refunds.api import examples
from apps.refunds.api.refund_input import (
    RailRefundInput,
    RefundInput,
    read_rail_refund_order,
    read_refund_order,
)
from apps.refunds.models import RefundStatus
from apps.refunds.rules.refund_way import RefundNotPossible
from apps.refunds.rules.representation import RefundOutput
from apps.refunds.selectors.find_refund import RefundNotFound, find_refund
from apps.refunds.selectors.list_refunds import list_refunds
from apps.refunds.services.cancel_refund import RefundNotCancelable, cancel_refund
from apps.refunds.services.create_refund import PaymentContradicted, RefundOrder, create_refund
from apps.routing.rules.refusals import AmountOutOfRange, RailClosed

# Why a payment may not be refunded.
CREATION_ERRORS = (
    PaymentNotFound,
    PaymentNotRefundable,
    RefundCurrencyDiffers,
    RefundExceedsPayment,
    PaymentDisputed,
    PaymentContradicted,
    AmountOutOfRange,
    RailClosed,
    RefundNotPossible,
    BalanceTooLow,
)
STATUS = words_parameter("status", "", RefundStatus.values)


class RefundList(APIView):
    scopes = {"GET": scopes.REFUNDS_READ, "POST": scopes.REFUNDS_WRITE}

    @operation(
        summary="Create a refund",
        description="Give a payer back all or part of a payment that succeeded. How it ended comes"
        " as an event. The amount is taken from your balance at once, and comes back if it fails;"
        " our fee for the payment is not given back. Where an approval rule of the platform demands"
        " it, others approve it before it is sent: until then it is needs_approval.",
        answer=RefundOutput,
        status=201,
        body=RefundInput,
        errors=CREATION_ERRORS,
        example=examples.NEW_REFUND,
        request_example=examples.REFUND_REQUEST,
    )
    def post(self, request: Request) -> HttpResponse:
        payment_id, order = read_refund_order(request.data)
        return _answer_with_new_refund(
            request, order, lambda caller: find_payment(payment_id, caller=caller)
        )

    @operation(
        summary="List refunds",
        answer=RefundOutput,
        is_list=True,
        query=[
            text_parameter(
                "payment", "The refunds of one payment.", example=RefundOutput.example()["payment"]
            ),
            STATUS,
            CREATED_AFTER,
            CREATED_BEFORE,
        ],
    )
    def get(self, request: Request) -> Response:
        query = request.query_params
        query_parameters.refuse_unknown(
            query,
            *query_parameters.PAGE,
            *("payment", "status", "created_after", "created_before"),
        )
        return _page(request, payment_id=query_parameters.object_id(query, "payment", prefix="pay"))


class RefundDetail(APIView):
    scopes = {"GET": scopes.REFUNDS_READ}

    @operation(
        summary="Get a refund",
        answer=RefundOutput,
        errors=[RefundNotFound],
    )
    def get(self, request: Request, refund_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        return Response(RefundOutput.as_json(find_refund(refund_id, caller=caller_of(request))))


class RefundCancel(APIView):
    scopes = {"POST": scopes.REFUNDS_WRITE}

    @operation(
        summary="Cancel a refund",
        description="Only while it waits for approval: nothing was sent. What it set aside can be"
        " refunded again, and is in your balance.",
        answer=RefundOutput,
        body=NoInput,
        errors=[RefundNotFound, RefundNotCancelable],
        example=examples.CANCELED_REFUND,
        request_example={},
    )
    def post(self, request: Request, refund_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            refund = find_refund(refund_id, caller=caller)
            return 200, RefundOutput.as_json(cancel_refund(refund_id=refund.pk, now=now))

        return idempotent_response(request, work, is_shared=True)


class RefundTimeline(APIView):
    scopes = {"GET": scopes.REFUNDS_READ}

    @timeline_operation(RefundOutput, not_found=RefundNotFound)
    def get(self, request: Request, refund_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        refund = find_refund(refund_id, caller=caller_of(request))
        return Response(timeline_as_json(refund.pk))


class PaymentRefunds(APIView):
    scopes = {"GET": scopes.REFUNDS_READ}

    @operation(
        summary="List the refunds of a payment",
        answer=RefundOutput,
        is_list=True,
        query=[STATUS, CREATED_AFTER, CREATED_BEFORE],
        errors=[PaymentNotFound],
    )
    def get(self, request: Request, payment_id: str) -> Response:
        query_parameters.refuse_unknown(
            request.query_params,
            *query_parameters.PAGE,
            *("status", "created_after", "created_before"),
        )
        payment = find_payment(payment_id, caller=caller_of(request))
        return _page(request, payment_id=payment.pk)


class OrangeRefund(APIView):
    scopes = {"POST": scopes.REFUNDS_WRITE}

    @operation(
        summary="Refund an Orange Money payment",
        description="As POST /refunds, for Orange alone; keys are kept apart from those there.",
        answer=RefundOutput,
        status=201,
        body=RailRefundInput,
        errors=CREATION_ERRORS,
        example=examples.NEW_ORANGE_REFUND,
        request_example=examples.ORANGE_REQUEST,
    )
    def post(self, request: Request) -> HttpResponse:
        named, order = read_rail_refund_order(request.data)
        return _answer_with_new_refund(
            request,
            order,
            lambda caller: find_payment_of_operator(named, operator="orange", caller=caller),
        )


def _answer_with_new_refund(
    request: Request, order: RefundOrder, find: Callable[[Caller], Payment]
) -> HttpResponse:
    def work(caller: Caller, _now: datetime) -> tuple[int, dict[str, Any]]:
        refund = create_refund(
            payment_id=find(caller).pk,
            order=order,
            source=StatusChange.Source.API,
            caller=caller,
            # The attempt is due by this clock, and what waits expires by it.
            now=database_clock.now(),
        )
        return 201, RefundOutput.as_json(refund)

    return idempotent_response(request, work, is_shared=True)


def _page(request: Request, *, payment_id: UUID | None) -> Response:
    query = request.query_params
    page = list_refunds(
        caller=caller_of(request),
        query=query,
        payment_id=payment_id,
        statuses=query_parameters.words(query, "status", RefundStatus.values),
        created_after=query_parameters.instant(query, "created_after"),
        created_before=query_parameters.instant(query, "created_before"),
    )
    return Response(page_as_json(page, RefundOutput.as_json))
