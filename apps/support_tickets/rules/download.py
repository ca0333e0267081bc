"""A file as it is handed out: only ever to be kept."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from apps.support_tickets.rules.attachment_type import MEDIA_TYPES


def as_download(content: bytes, name: str, media_type: str) -> HttpResponse:
    """A file to be kept, named as its content is. Whatever opens it may run nothing of it."""
    ending = MEDIA_TYPES[media_type]
    if not name.lower().endswith(f".{ending}"):
        name = f"{name}.{ending}"
    response = HttpResponse(content, content_type=media_type)
    disposition = content_disposition_header(True, name)
    response["Content-Disposition"] = disposition or "attachment"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
