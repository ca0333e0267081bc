"""What people's pages cannot use is a bad request, not a failure of ours."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import bad_request

PAGES = "/admin/"


class UnusableInput:
    """Django's admin hands ids, filters and selections to the database as they came: half of them
    no UUID, no number, or longer than any column."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        is_unusable = isinstance(error, (ValidationError, IncorrectLookupParameters, DataError))
        # What a query says with NUL, psycopg refuses before the database sees it.
        is_unusable |= isinstance(error, ValueError) and "NUL" in str(error)
        if is_unusable and request.path_info.startswith(PAGES):
            return bad_request(request, error)
        return None
