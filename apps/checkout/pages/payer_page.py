"""Where a payer says which number pays, and reads how the payment stands: after the provider's page
too, when the merchant named no page of its own."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from apps.checkout.pages.number_page import number_page
from apps.checkout.selectors.payer_view import read_payer_view
from apps.payments.models import PaymentStatus

# Without JavaScript, or without the stream, the page looks again until the payment is settled.
LOOK_AGAIN_S = 4
# While nothing else is to be shown than the question which number pays.
ASKED = PaymentStatus.REQUIRES_ACTION


# Who knows the address may pay: no cookie is asked for, and no other site knows it.
@csrf_exempt
def payer_page(request: HttpRequest, token: str) -> HttpResponse:
    """The state of one payment in the payer's words. The token is the only key to it."""
    view = read_payer_view(token, language=request.GET.get("language", ""))
    if view is None:
        raise Http404
    query = f"?language={view.language}"
    around = {
        "view": view,
        "languages": settings.LANGUAGES,
        # The page of an app above, called by its name.
        "help_url": f"{reverse('payer-help', args=[token])}{query}",
    }
    wants_form = view.asks_number and (view.status == ASKED or "number" in request.GET)
    with translation.override(view.language):
        if request.method == "POST" or wants_form:
            response = number_page(request, view, around)
        else:
            more = {
                "look_again_s": LOOK_AGAIN_S,
                "stream_url": f"{settings.REALTIME_URL}/pay/{token}/stream{query}",
            }
            response = render(request, "checkout/payer_page.html", around | more)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; connect-src 'self' {_realtime_origin()};"
        " style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def _realtime_origin() -> str:
    parts = urlsplit(settings.REALTIME_URL)
    return f"{parts.scheme}://{parts.netloc}"
