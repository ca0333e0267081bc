from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import query_parameters
from apps.core.api.openapi import Parameter, operation, words_parameter
from apps.core.json_format import instant_as_json
from apps.core.money import EXPONENTS
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.providers.rules.payer_prompts import payer_prompt
from apps.routing.api import examples
from apps.routing.api.routing_output import AvailabilityOutput
from apps.routing.selectors.availability import OPERATIONS, Rail, rail_availability

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
        example=examples.AVAILABILITY,
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
        data = [_as_json(rail, caller) for rail in wanted]
        return Response({"object": "list", "data": data, "has_more": False})


def _as_json(rail: Rail, caller: Caller) -> dict[str, Any]:
    return {
        "object": "availability",
        "livemode": caller.livemode,
        "country": rail.country,
        "operator": rail.profile.operator,
        "provider": rail.profile.code,
        "name": rail.profile.name,
        "operation": rail.operation,
        "status": rail.status,
        "reason": rail.reason or None,
        "since": instant_as_json(rail.since),
        "currency": rail.currency,
        "decimals": EXPONENTS[rail.currency],
        "amount_min": rail.amount_min,
        "amount_max": rail.amount_max,
        "authorization": rail.profile.approval,
        "prompt": payer_prompt(rail.profile.approval),
    }
