"""WebSockets and server-sent events. Pages and the API are config/wsgi.py."""

import os
from importlib import import_module
from typing import Any

import django
from django.conf import settings

from config import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault("DATABASE_DOOR", "realtime")

django.setup()

from django.core.handlers.asgi import ASGIHandler  # noqa: E402 (models need Django set up)

from apps.realtime.asgi import make_application  # noqa: E402

_streams, _pages = make_application(), ASGIHandler()
# Now: streams would stand still while the first scrape reads every page.
import_module(settings.ROOT_URLCONF)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The streams; and of the pages the one that Prometheus reads, from this process too."""
    is_scrape = scope["type"] == "http" and scope["path"] == "/metrics"
    if is_scrape:
        # Nothing of it is read, and it may be what Django cannot read.
        headers = [one for one in scope["headers"] if one[0] != b"content-type"]
        scope = {**scope, "headers": headers}
    await (_pages if is_scrape else _streams)(scope, receive, send)


garbage.tune()
