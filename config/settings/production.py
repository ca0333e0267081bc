"""The real thing: TLS only, secrets from the environment, no test switches."""

import os

from config.settings.base import *  # noqa: F403

if os.environ.get("LOMI_FAILPOINT"):
    raise RuntimeError("LOMI_FAILPOINT is for tests only")

SERVE_STATIC = False
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
SECOND_FACTOR_REQUIRED = True
DEMO_ALLOWED = False
