from __future__ import annotations

import re
from urllib.parse import quote

from django.http import HttpResponse

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
