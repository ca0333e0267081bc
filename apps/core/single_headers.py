"""Headers that are sent once, or not at all."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.core.api.problem_details import problem_response
from apps.core.errors import DomainError

API = "/api/"
# None of them has a comma in it: with one, it was sent twice, and servers join what came.
SINGLE = ("Authorization", "Host")


class HeaderRepeated(DomainError):
    code = "header_repeated"
    status = 400
    title = "A header was sent twice."


class SingleHeaders:
    """The middleware that refuses a request of which nobody can tell who sends it, or to whom.

    Who chose one of two headers could choose another than the proxy before it did.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(API):
            for name in SINGLE:
                if "," in request.headers.get(name, ""):
                    return problem_response(
                        status=HeaderRepeated.status,
                        code=HeaderRepeated.code,
                        title=HeaderRepeated.title,
                        detail=f"Send {name} once.",
                    )
        return self._get_response(request)
