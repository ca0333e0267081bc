"""Where a payer lands after the provider's page, when the merchant named no page of its own."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation

from apps.checkout.selectors.payer_view import read_payer_view

# Without JavaScript, or without the stream, the page looks again until the payment is settled.
LOOK_AGAIN_S = 4


def payer_page(request: HttpRequest, token: str) -> HttpResponse:
    """The state of one payment in the payer's words. The token is the only key to it."""
    view = read_payer_view(token, language=request.GET.get("language", ""))
    if view is None:
        raise Http404
    with translation.override(view.language):
        response = render(
            request,
            "checkout/payer_page.html",
            {
                "view": view,
                "look_again_s": LOOK_AGAIN_S,
                "languages": settings.LANGUAGES,
                # The page of an app above, called by its name.
                "help_url": f"{reverse('payer-help', args=[token])}?language={view.language}",
                "stream_url": (
                    f"{settings.REALTIME_URL}/pay/{token}/stream?language={view.language}"
                ),
            },
        )
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; connect-src 'self' {_realtime_origin()};"
        " style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def _realtime_origin() -> str:
    parts = urlsplit(settings.REALTIME_URL)
    return f"{parts.scheme}://{parts.netloc}"
