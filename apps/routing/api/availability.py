from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import query_parameters
from apps.core.api.openapi import Parameter, operation, words_parameter
from apps.core.pagination import Page, page_as_json
from apps.merchants import scopes
from apps.merchants.caller import caller_of
from apps.routing.api.routing_output import AvailabilityOutput
from apps.routing.selectors.availability import OPERATIONS, rail_availability

COUNTRY = Parameter(
    "country",
    "Two letters (ISO 3166). Several with commas.",
    {"type": "string", "maxLength": 500},
    example="CM",
)


class ProviderAvailability(APIView):
    scopes = {"GET": scopes.PAYMENTS_READ}

    @operation(
        summary="List which rails are open",
        description="Every rail the merchant has, by country and provider. Closed: our staff closed"
        " it. Delayed: of the instructions of the last ten minutes, one in five and at least three"
        " could not be delivered or have no answer.",
        answer=AvailabilityOutput,
        is_list=True,
        pages=False,
        query=[COUNTRY, words_parameter("operation", "", OPERATIONS)],
    )
    def get(self, request: Request) -> Response:
        caller, query = caller_of(request), request.query_params
        query_parameters.refuse_unknown(query, "country", "operation")
        countries = [word for word in query_parameters.texts(query, "country") if word]
        operations = query_parameters.words(query, "operation", OPERATIONS)
        rails = rail_availability(merchant_id=caller.merchant.pk, livemode=caller.livemode)
        wanted = [
            rail
            for rail in rails
            if (not countries or rail.country in countries)
            and (not operations or rail.operation in operations)
        ]
        return Response(
            page_as_json(
                Page(wanted, has_more=False),
                lambda rail: AvailabilityOutput.as_json(rail, livemode=caller.livemode),
            )
        )
