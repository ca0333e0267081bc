"""What only pages need: sessions, languages, forms, messages, frames; users: apps/sign_in.

The API and the providers' callbacks carry their credentials in each request. They pass by these,
which would cost a request of theirs more than its own checks.
"""

from __future__ import annotations

from typing import Any

from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.views.defaults import bad_request

PROGRAMS = ("/api/", "/callbacks/")


def is_page(request: HttpRequest) -> bool:
    return not request.path_info.startswith(PROGRAMS)


class OnPages:
    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if is_page(request):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)


class PageSessionMiddleware(OnPages, SessionMiddleware): ...


class PageLocaleMiddleware(LocaleMiddleware):
    """Pages speak the reader's language; the API speaks English, whoever asks."""

    def __call__(self, request: HttpRequest) -> Any:
        if is_page(request):
            return super().__call__(request)
        # A thread keeps the language of its last request.
        translation.activate("en")
        response: Any = self.get_response(request)
        response.headers.setdefault("Content-Language", "en")
        return response


class PageCsrfViewMiddleware(OnPages, CsrfViewMiddleware):
    """The first that reads a form."""

    def process_view(  # type: ignore[override]  # Django's answers 403 alone.
        self, request: HttpRequest, *view: Any
    ) -> HttpResponse | None:
        try:
            return super().process_view(request, *view)
        except TypeError as error:
            # So Python says that parameters of a part's header do not go together.
            return bad_request(request, error)


class PageMessageMiddleware(OnPages, MessageMiddleware): ...


class PageXFrameOptionsMiddleware(OnPages, XFrameOptionsMiddleware): ...
