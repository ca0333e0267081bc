from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import database_clock
from apps.core.api import query_parameters
from apps.core.api.openapi import operation
from apps.fees.api.fee_output import FeeOutput
from apps.fees.selectors.fee_plans import current_lines
from apps.merchants import scopes
from apps.merchants.caller import caller_of


class FeeList(APIView):
    scopes = {"GET": scopes.BALANCE_READ}

    @operation(
        summary="List your fees",
        description="The lines of your fee plan that hold now, in test mode as in live mode: of"
        " payments, payouts (disburse) and refunds. Of the lines that fit one the line that says"
        " most about it is charged; what none fits costs nothing.",
        answer=FeeOutput,
        is_list=True,
        pages=False,
    )
    def get(self, request: Request) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        lines = current_lines(caller_of(request).merchant.pk, now=database_clock.now())
        return Response(
            {
                "object": "list",
                "data": [FeeOutput.as_json(line) for line in lines],
                "has_more": False,
            }
        )
