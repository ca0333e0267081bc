from __future__ import annotations

import re
from urllib.parse import quote

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from apps.core.attachment_type import MEDIA_TYPES

# What every browser reads alike between quotes.
PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)


def attachment(content: bytes, *, name: str, content_type: str) -> HttpResponse:
    """A file to be saved, never shown within our pages, whatever it is and is called."""
    response = HttpResponse(content, content_type=content_type)
    named = f'="{name}"' if PLAIN_NAME.fullmatch(name) else f"*=UTF-8''{quote(name, safe='')}"
    response["Content-Disposition"] = f"attachment; filename{named}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox"
    return response


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
