from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.openapi import operation
from apps.merchants import scopes
from apps.merchants.caller import caller_of
from apps.merchants.representation import MeOutput


class Me(APIView):
    """Who is calling, for which merchant, in which mode."""

    scopes = {"GET": scopes.ITSELF}

    @operation(summary="Get the caller", answer=MeOutput)
    def get(self, request: Request) -> Response:
        return Response(MeOutput.as_json(caller_of(request)))
