"""What a person sees where there is nothing, nothing for them, or something broke.

Programs get the same as problem details: a browser is who asks for HTML outside the API.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from apps.core.api import problem_details
from apps.core.page_middleware import is_page

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django refuses before any view: no host name, too many fields, a crooked path."""
    if not _is_person(request):
        return problem_details.problem_response(
            status=400,
            code="invalid_request",
            title="The request cannot be read.",
            detail="Check its Host header, its address and its form.",
        )
    return _page(400, _("This request cannot be read"), _("Check the address."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_person(request):
        return problem_details.not_found(request, exception)
    return _page(404, _("There is nothing here"), _("Check the address."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_person(request):
        return problem_details.problem_response(
            status=403,
            code="permission_denied",
            title="This is not allowed.",
            detail="Whoever is signed in may not do this.",
        )
    return _page(
        403,
        _("You may not do this"),
        _("Your account has no right to it. Ask whoever gives rights at your place."),
    )


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: an old page, or another site's."""
    if not _is_person(request):
        return problem_details.problem_response(
            status=403,
            code="permission_denied",
            title="The form was not sent from our page.",
            detail="Its CSRF token is missing or old.",
        )
    return _page(
        403,
        _("This form is too old"),
        _("Nothing was done. Go back, reload the page and send it again; cookies must be allowed."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    if not _is_person(request):
        return problem_details.server_error(request)
    return _page(
        500,
        _("Something broke on our side"),
        _("It was noted. Try again in a moment; a payment that you began is not lost."),
    )


def _is_person(request: HttpRequest) -> bool:
    return is_page(request) and "text/html" in request.headers.get("Accept", "")


def _page(status: int, title: str, sentence: str) -> HttpResponse:
    # Without the request: its processors may need what just broke.
    html = render_to_string("error.html", {"title": title, "sentence": sentence})
    return HttpResponse(html, status=status, headers={"Content-Security-Policy": POLICY})
