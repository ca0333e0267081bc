from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import query_parameters
from apps.core.api.openapi import Parameter, operation, words_parameter
from apps.core.pagination import Page, page_as_json
from apps.merchants import scopes
from apps.merchants.caller import caller_of
from apps.monitoring.api.status_output import RailStatusOutput
from apps.monitoring.selectors.rail_status import rail_status
from apps.providers.models import OPERATION_NAMES

COUNTRY = Parameter(
    "country",
    "Two letters (ISO 3166). Several with commas.",
    {"type": "string", "maxLength": 500},
    example="CM",
)


class RailStatusList(APIView):
    scopes = {"GET": scopes.PAYMENTS_READ}

    @operation(
        summary="List how the rails are",
        description="Every rail the merchant has, by country, provider and operation, with what our"
        " own monitoring found: whether it is well, and since when not. The same as on the public"
        " page /status.",
        answer=RailStatusOutput,
        is_list=True,
        pages=False,
        query=[COUNTRY, words_parameter("operation", "", list(OPERATION_NAMES))],
    )
    def get(self, request: Request) -> Response:
        caller, query = caller_of(request), request.query_params
        query_parameters.refuse_unknown(query, "country", "operation")
        countries = [word for word in query_parameters.texts(query, "country") if word]
        operations = query_parameters.words(query, "operation", list(OPERATION_NAMES))
        status = rail_status(livemode=caller.livemode, merchant_id=caller.merchant.pk)
        wanted = [
            rail
            for rail in status.rails
            if (not countries or rail.country in countries)
            and (not operations or rail.operation in operations)
        ]
        return Response(
            page_as_json(
                Page(wanted, has_more=False),
                lambda rail: RailStatusOutput.as_json(rail, livemode=caller.livemode),
            )
        )
