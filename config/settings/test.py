"""Tests: real PostgreSQL and Valkey, started by tests/conftest.py; fixed keys."""

import os

os.environ.setdefault("SECRET_KEY", "test-only-secret-key-of-more-than-fifty-characters-0123456789")
os.environ.setdefault("VAULT_KEYS", "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
os.environ.setdefault("VAULT_INDEX_KEY", "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=")
# Static checks need the settings, not the servers.
os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")

from config import env
from config.settings.base import *  # noqa: F403

ALLOWED_HOSTS = ["*"]
SERVE_STATIC = True
DATABASES["default"]["OPTIONS"].pop("pool", None)  # noqa: F405
if DATABASE_OWNER_URL:  # noqa: F405
    # The suite makes databases and spoils rows on purpose. The processes it starts are not told.
    _owner = env.database(DATABASE_OWNER_URL)  # noqa: F405
    DATABASES["default"] |= {name: _owner[name] for name in ("USER", "PASSWORD")}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEMO_ALLOWED = True
WEBHOOK_PRIVATE_ADDRESSES_ALLOWED = True
ALERT_PRIVATE_ADDRESSES_ALLOWED = True
SIMULATOR_GRACE_S = 0
