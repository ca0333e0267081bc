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
    operation,
    text_parameter,
    words_parameter,
)
from apps.core.pagination import page_as_json, read_page
from apps.ledger.services.hold import BalanceTooLow
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.merchants.limits import PayeeRateLimited, quota_of
from apps.merchants.services.idempotent_response import idempotent_response
from apps.orchestration.api.timeline_output import timeline_as_json, timeline_operation
from apps.payouts.api import examples
from apps.payouts.api.payout_filters import FILTERS, read_filter
from apps.payouts.api.payout_input import PayoutInput, read_payout_request
from apps.payouts.models import Payout, PayoutStatus
from apps.payouts.rules.representation import PayoutOutput
from apps.payouts.selectors.find_payout import PayoutNotFound, find_payout
from apps.payouts.selectors.list_payouts import list_payouts
from apps.payouts.services.cancel_payout import PayoutNotCancelable, cancel_payout
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.providers.rules.phone_numbers import InvalidPhoneNumber, LegacyPhoneNumber
from apps.routing.rules.refusals import AmountOutOfRange, NoRail, RailClosed

# Why a payout may not be created.
CREATION_ERRORS = (
    InvalidPhoneNumber,
    LegacyPhoneNumber,
    NoRail,
    AmountOutOfRange,
    RailClosed,
    BalanceTooLow,
    PayeeRateLimited,
)


class PayoutList(APIView):
    scopes = {"GET": scopes.PAYOUTS_READ, "POST": scopes.PAYOUTS_WRITE}
    counted_by_service = {"POST"}

    @operation(
        summary="Create a payout",
        description="Send money of your balance to a payee. The amount leaves the balance at once"
        " and comes back if the payout fails. How it ended comes as an event."
        " Where an approval rule of the platform demands it, others approve it before it is sent:"
        " until then it is needs_approval.",
        answer=PayoutOutput,
        status=201,
        body=PayoutInput,
        errors=CREATION_ERRORS,
        example=examples.NEW_PAYOUT,
        request_example=examples.PAYOUT_REQUEST,
    )
    def post(self, request: Request) -> HttpResponse:
        return answer_with_new_payout(request, read_payout_request(request.data))

    @operation(
        summary="List payouts",
        answer=PayoutOutput,
        is_list=True,
        errors=[InvalidPhoneNumber, LegacyPhoneNumber],
        query=[
            words_parameter("status", "", PayoutStatus.values),
            CREATED_AFTER,
            CREATED_BEFORE,
            text_parameter("reference", "Your own reference, exactly.", example="wages-7"),
            text_parameter("phone", "The payee's number in any writing.", example="677000003"),
        ],
    )
    def get(self, request: Request) -> Response:
        caller, query = caller_of(request), request.query_params
        query_parameters.refuse_unknown(query, *query_parameters.PAGE, *FILTERS)
        wanted = read_filter(query, caller=caller, now=database_clock.now())
        payouts = list_payouts(caller.merchant, livemode=caller.livemode, wanted=wanted)
        own = Payout.objects.for_merchant(caller.merchant, livemode=caller.livemode)
        page = read_page(payouts, own=own, query=query, prefix="po")
        return Response(page_as_json(page, PayoutOutput.as_json))


class PayoutDetail(APIView):
    scopes = {"GET": scopes.PAYOUTS_READ}

    @operation(
        summary="Get a payout",
        answer=PayoutOutput,
        errors=[PayoutNotFound],
    )
    def get(self, request: Request, payout_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        return Response(PayoutOutput.as_json(find_payout(payout_id, caller=caller_of(request))))


class PayoutCancel(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Cancel a payout",
        description="Only while it waits for approval: nothing was sent, and what was held of it is"
        " in your balance again.",
        answer=PayoutOutput,
        body=NoInput,
        errors=[PayoutNotFound, PayoutNotCancelable],
        example=examples.CANCELED_PAYOUT,
        request_example={},
    )
    def post(self, request: Request, payout_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            payout = find_payout(payout_id, caller=caller)
            return 200, PayoutOutput.as_json(cancel_payout(payout_id=payout.pk, now=now))

        return idempotent_response(request, work, is_shared=True)


class PayoutTimeline(APIView):
    scopes = {"GET": scopes.PAYOUTS_READ}

    @timeline_operation(PayoutOutput, not_found=PayoutNotFound)
    def get(self, request: Request, payout_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        payout = find_payout(payout_id, caller=caller_of(request))
        return Response(timeline_as_json(payout.pk))


def answer_with_new_payout(request: Request, payout_request: PayoutRequest) -> HttpResponse:
    """Create the payout under the request's Idempotency-Key, whichever address it came to."""

    def work(caller: Caller, _now: datetime) -> tuple[int, dict[str, Any]]:
        payout = create_payout(
            merchant=caller.merchant,
            livemode=caller.livemode,
            request=payout_request,
            # The attempt is due by this clock.
            now=database_clock.now(),
            quota=quota_of(request),
            caller=caller,
        )
        return 201, PayoutOutput.as_json(payout)

    return idempotent_response(request, work, is_shared=True)
