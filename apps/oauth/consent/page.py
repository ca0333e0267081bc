"""How our sign-in and consent pages are sent: no script, no frame, nothing kept."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    form_targets: str = "'self'",
) -> HttpResponse:
    """The template, which finds `nonce` for its style.

    Args:
        form_targets: where its forms may lead in the end, as Content-Security-Policy has it.
    """
    nonce = secrets.token_urlsafe(16)
    response = render(request, template, {**context, "nonce": nonce}, status=status)
    protect(response, nonce=nonce, form_targets=form_targets)
    return response


def protect(response: HttpResponse, *, nonce: str, form_targets: str = "'self'") -> None:
    response["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action {form_targets}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    response["Cache-Control"] = "no-store"
