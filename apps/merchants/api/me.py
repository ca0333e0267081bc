from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.openapi import operation
from apps.merchants import scopes
from apps.merchants.api import examples
from apps.merchants.api.api_key_output import MeOutput
from apps.merchants.caller import caller_of
from apps.merchants.representation import caller_as_json


class Me(APIView):
    """Who is calling, for which merchant, in which mode."""

    scopes = {"GET": scopes.ITSELF}

    @operation(summary="Get the caller", answer=MeOutput, example=examples.ME)
    def get(self, request: Request) -> Response:
        return Response(caller_as_json(caller_of(request)))
