"""`manage.py listen` on a machine that has none of the platform's secrets and no database."""

import os
import secrets

for _name in ("SECRET_KEY", "VAULT_KEYS", "VAULT_INDEX_KEY"):
    os.environ.setdefault(_name, secrets.token_urlsafe(48))
os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")

from config.settings.base import *  # noqa: E402, F403

SERVE_STATIC = False
DEMO_ALLOWED = False
# Only what its imports touch.
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "apps.merchants.apps.MerchantsConfig",
    "apps.webhooks.apps.WebhooksConfig",
    "apps.realtime.apps.RealtimeConfig",
]
