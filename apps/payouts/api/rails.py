"""The addresses of one operator: thin doors over what /payouts does."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import query_parameters
from apps.core.api.openapi import operation
from apps.merchants import scopes
from apps.merchants.caller import caller_of
from apps.payouts.api import examples
from apps.payouts.api.payout_input import RailPayoutInput, read_rail_payout_request
from apps.payouts.api.payouts import CREATION_ERRORS, answer_with_new_payout
from apps.payouts.rules.representation import PayoutOutput
from apps.payouts.selectors.find_payout import PayoutNotFound, find_payout_of_operator
from apps.routing.rules.refusals import WrongOperator


class MtnDisbursement(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}
    counted_by_service = {"POST"}

    @operation(
        summary="Create an MTN MoMo payout",
        description="As POST /payouts, for MTN alone; keys are kept apart from those there.",
        answer=PayoutOutput,
        status=201,
        body=RailPayoutInput,
        errors=[*CREATION_ERRORS, WrongOperator],
        example=examples.NEW_PAYOUT,
        request_example=examples.PAYOUT_REQUEST,
    )
    def post(self, request: Request) -> HttpResponse:
        wanted = read_rail_payout_request(request.data, operator="mtn")
        return answer_with_new_payout(request, wanted)


class MtnDisbursementStatus(APIView):
    scopes = {"GET": scopes.PAYOUTS_READ}

    @operation(
        summary="Get an MTN MoMo payout",
        description="By our id, or by your reference: of several payouts with one reference, the"
        " newest.",
        answer=PayoutOutput,
        errors=[PayoutNotFound],
    )
    def get(self, request: Request, id_or_reference: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        payout = find_payout_of_operator(id_or_reference, operator="mtn", caller=caller_of(request))
        return Response(PayoutOutput.as_json(payout))
