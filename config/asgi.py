"""WebSockets and server-sent events. Pages and the API are config/wsgi.py."""

import os

import django

from config import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault("DATABASE_DOOR", "realtime")

django.setup()

from apps.realtime.asgi import make_application  # noqa: E402 (models need Django set up)

application = make_application()
garbage.tune()
