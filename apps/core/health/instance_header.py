from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class InstanceHeader:
    """Says in every answer which installation gives it; a refusal and a 503 are answers, too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Lomi-Instance"] = settings.INSTANCE_ID
        return response
