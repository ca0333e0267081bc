"""How people's pages are sent: no frame, nothing kept, and no script but our own where one is."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.generic.base import TemplateResponseMixin

# Of a page that has no policy of its own.
PLAIN_POLICY = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

# unfold's menus are Alpine.js, which evaluates the texts of attributes ('unsafe-eval'), and its
# colours stand in the page. No script may stand there: only our own files run.
ADMIN_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

PERMISSIONS = ", ".join(
    [
        *(
            f"{feature}=()"
            for feature in (
                "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media",
                "fullscreen", "geolocation", "gyroscope", "magnetometer", "microphone", "midi",
                "payment", "picture-in-picture", "screen-wake-lock", "usb", "xr-spatial-tracking",
            )
        ),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)  # fmt: skip


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    form_targets: str = "'self'",
    has_script: bool = False,
) -> HttpResponse:
    """The template, which finds `nonce` for its style.

    Args:
        form_targets: where its forms may lead in the end, as Content-Security-Policy has it.
        has_script: it loads scripts of ours, for passkeys.
    """
    nonce = secrets.token_urlsafe(16)
    response = render(request, template, {**context, "nonce": nonce}, status=status)
    protect(response, nonce=nonce, form_targets=form_targets, has_script=has_script)
    return response


def protect(
    response: HttpResponse, *, nonce: str, form_targets: str = "'self'", has_script: bool = False
) -> None:
    script = "script-src 'self'; " if has_script else ""
    response["Content-Security-Policy"] = (
        f"default-src 'none'; {script}style-src 'nonce-{nonce}'; img-src data:; "
        f"form-action {form_targets}; base-uri 'none'; frame-ancestors 'none'"
    )
    response["Cache-Control"] = "no-store"


class ProtectedPage(TemplateResponseMixin):
    """A class-based view whose page is sent as `page` sends it."""

    has_script = False

    def render_to_response(self, context: dict[str, Any], **more: Any) -> HttpResponse:
        context["nonce"] = secrets.token_urlsafe(16)
        # What was refused is no success; a browser shows the page all the same.
        is_refused = any(
            getattr(context.get(name), "errors", None) for name in ("form", "webauthn_form")
        )
        more.setdefault("status", 400 if is_refused else 200)
        response: HttpResponse = super().render_to_response(context, **more)
        protect(response, nonce=context["nonce"], has_script=self.has_script)
        return response
