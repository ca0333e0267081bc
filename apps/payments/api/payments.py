from __future__ import annotations

from datetime import datetime
from typing import Any

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
    METADATA,
    operation,
    text_parameter,
    words_parameter,
)
from apps.core.idempotency import digest_of, read_key
from apps.core.money import EXPONENTS
from apps.core.pagination import Page, page_as_json, read_window
from apps.fees.selectors.promise_fee import FeeNotConvertible
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.merchants.limits import (
    PayerAskedByMany,
    PayerDailyLimit,
    PayerRateLimited,
    quota_of,
)
from apps.merchants.services.idempotent_response import idempotent_response
from apps.orchestration.api.timeline_output import timeline_as_json, timeline_operation
from apps.payments.api import examples
from apps.payments.api.payment_filters import EXPANSIONS, FILTERS, read_expansions, read_filter
from apps.payments.api.payment_input import (
    PaymentInput,
    read_payment_request,
)
from apps.payments.models import Payment, PaymentStatus
from apps.payments.rules.payment_request import PaymentRequest
from apps.payments.rules.representation import (
    AttemptOutput,
    PaymentOutput,
    PaymentWithAttemptsOutput,
)
from apps.payments.selectors.find_payment import PaymentNotFound, find_payment
from apps.payments.selectors.list_payments import attempts_of, list_payments
from apps.payments.services.cancel_payment import (
    PaymentAlreadyFinal,
    PaymentNotCancelable,
    cancel_payment,
)
from apps.payments.services.create_payment import create_payment
from apps.providers.registry import PROFILES
from apps.providers.rules.phone_numbers import OPERATOR_CODES, InvalidPhoneNumber, LegacyPhoneNumber
from apps.routing.rules.refusals import AmountOutOfRange, NoRail, RailClosed

# Why a payment may not be created.
CREATION_ERRORS = (
    InvalidPhoneNumber,
    LegacyPhoneNumber,
    NoRail,
    AmountOutOfRange,
    RailClosed,
    FeeNotConvertible,
    PayerRateLimited,
    PayerDailyLimit,
    PayerAskedByMany,
)
EXPAND = words_parameter("expand", "Unfold the attempts in each payment.", EXPANSIONS)


class PaymentList(APIView):
    scopes = {"GET": scopes.PAYMENTS_READ, "POST": scopes.PAYMENTS_WRITE}
    counted_by_service = {"POST"}

    @operation(
        summary="Create a payment",
        description="Ask a payer for money. The answer says what the payer has to do; how it ended"
        " comes as an event.",
        answer=PaymentOutput,
        status=201,
        body=PaymentInput,
        errors=CREATION_ERRORS,
        example=examples.NEW_PAYMENT,
        request_example=examples.PAYMENT_REQUEST,
    )
    def post(self, request: Request) -> HttpResponse:
        return answer_with_new_payment(request, read_payment_request(request.data))

    @operation(
        summary="List payments",
        answer=PaymentWithAttemptsOutput,
        is_list=True,
        errors=[InvalidPhoneNumber, LegacyPhoneNumber],
        query=[
            words_parameter("status", "", PaymentStatus.values),
            CREATED_AFTER,
            CREATED_BEFORE,
            text_parameter("reference", "Your own reference, exactly.", example="order-7"),
            text_parameter("phone", "The payer's number in any writing.", example="677000001"),
            words_parameter("provider", "", sorted(PROFILES)),
            words_parameter("operator", "", OPERATOR_CODES),
            words_parameter("currency", "", list(EXPONENTS)),
            METADATA,
            EXPAND,
        ],
    )
    def get(self, request: Request) -> Response:
        caller, query = caller_of(request), request.query_params
        query_parameters.refuse_unknown(query, *query_parameters.PAGE, *FILTERS, "expand")
        own = Payment.objects.for_merchant(caller.merchant, livemode=caller.livemode)
        limit, before = read_window(query, prefix="pay", own=own)
        expansions = read_expansions(query)
        page = list_payments(
            merchant_id=caller.merchant.pk,
            livemode=caller.livemode,
            wanted=read_filter(query, caller=caller, now=database_clock.now()),
            limit=limit,
            before=before,
        )
        if "attempts" not in expansions:
            return Response(page_as_json(page, PaymentOutput.as_json))
        attempts = attempts_of(page.rows)
        return Response(
            page_as_json(
                page,
                lambda payment: PaymentWithAttemptsOutput.as_json(
                    payment, attempts=attempts[payment.pk]
                ),
            )
        )


class PaymentDetail(APIView):
    scopes = {"GET": scopes.PAYMENTS_READ}

    @operation(
        summary="Get a payment",
        answer=PaymentWithAttemptsOutput,
        errors=[PaymentNotFound],
        query=[EXPAND],
    )
    def get(self, request: Request, payment_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params, "expand")
        expansions = read_expansions(request.query_params)
        payment = _own_payment(request, payment_id)
        if "attempts" not in expansions:
            return Response(PaymentOutput.as_json(payment))
        attempts = attempts_of([payment])[payment.pk]
        return Response(PaymentWithAttemptsOutput.as_json(payment, attempts=attempts))


class PaymentCancel(APIView):
    scopes = {"POST": scopes.PAYMENTS_WRITE}

    @operation(
        summary="Cancel a payment",
        description="Only while nothing was sent to the provider, usually less than a second:"
        " what the payer has been asked, the payer may still approve.",
        answer=PaymentOutput,
        body=NoInput,
        errors=[PaymentNotFound, PaymentNotCancelable, PaymentAlreadyFinal],
        example=examples.CANCELED_PAYMENT,
        request_example={},
    )
    def post(self, request: Request, payment_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            payment = find_payment(payment_id, caller=caller)
            return 200, PaymentOutput.as_json(cancel_payment(payment_id=payment.pk, now=now))

        return idempotent_response(request, work, is_shared=True)


class PaymentAttempts(APIView):
    scopes = {"GET": scopes.PAYMENTS_READ}

    @operation(
        summary="List the attempts of a payment",
        description="Each instruction to a provider, oldest first; one payment has four at most.",
        answer=AttemptOutput,
        is_list=True,
        pages=False,
        errors=[PaymentNotFound],
    )
    def get(self, request: Request, payment_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        payment = _own_payment(request, payment_id)
        attempts = Page(attempts_of([payment])[payment.pk], has_more=False)
        return Response(page_as_json(attempts, AttemptOutput.as_json))


class PaymentTimeline(APIView):
    scopes = {"GET": scopes.PAYMENTS_READ}

    @timeline_operation(PaymentOutput, not_found=PaymentNotFound)
    def get(self, request: Request, payment_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        payment = _own_payment(request, payment_id)
        return Response(timeline_as_json(payment.pk))


def answer_with_new_payment(request: Request, payment_request: PaymentRequest) -> HttpResponse:
    """Create the payment under the request's Idempotency-Key, whichever address it came to."""
    caller = caller_of(request)
    answer = create_payment(
        merchant=caller.merchant,
        livemode=caller.livemode,
        request=payment_request,
        idempotency_key=read_key(request.headers.get("Idempotency-Key")),
        digest=digest_of(dict(request.data)),
        now=database_clock.now(),
        endpoint=f"{request.method} {request.path}",
        quota=quota_of(request),
    )
    response = HttpResponse(answer.body, status=answer.status_code, content_type="application/json")
    if answer.replayed:
        response["Idempotent-Replayed"] = "true"
    return response


def _own_payment(request: Request, payment_id: str) -> Payment:
    return find_payment(payment_id, caller=caller_of(request))
