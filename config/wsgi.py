"""The API and the pages."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from apps.core.readable_types import ReadableTypes
from apps.core.whole_bodies import WholeBodies
from config import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
# A few threads, each with one request at a time: a connection of its own costs a request less than
# one that is borrowed and given back.
os.environ.setdefault("DATABASE_POOL", "no")
os.environ.setdefault("DATABASE_DOOR", "web")

application = WholeBodies(ReadableTypes(get_wsgi_application()))
# All addresses and pages now: the first request need not wait for them.
import_module(settings.ROOT_URLCONF)
garbage.tune()
