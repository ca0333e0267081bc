"""The API and the pages."""

import os

from django.core.wsgi import get_wsgi_application

from apps.core.whole_bodies import WholeBodies
from config import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

application = WholeBodies(get_wsgi_application())
garbage.tune()
