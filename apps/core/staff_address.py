from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse


def staff_address(page: str, *args: Any, **query: str) -> str:
    """Where staff find a page of the admin: under its own host, if it has one.

    Args:
        page: its name, without "admin:".
    """
    host = f"https://{settings.ADMIN_HOST}" if settings.ADMIN_HOST else settings.PUBLIC_URL
    path = reverse(f"admin:{page}", args=args)
    return f"{host}{path}?{urlencode(query)}" if query else f"{host}{path}"
