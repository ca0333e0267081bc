"""The real thing: TLS only, secrets from the environment, no test switches."""

import os

from config.settings.base import *  # noqa: F403

if os.environ.get("LOMI_FAILPOINT"):
    raise RuntimeError("LOMI_FAILPOINT is for tests only")

SERVE_STATIC = False
STARTS_ONLY_SOUND = True
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
# Proved elsewhere; apps/core/checks.py says what is missing in earnest.
SILENCED_SYSTEM_CHECKS = [
    # Frames and Forms of apps/core/page_middleware.py are these, for pages alone.
    "security.W002",
    "security.W003",
    # To be in the browsers' own list is a decision of the domain's owner, hard to take back.
    "security.W021",
    # Plain http leads back to a program on the user's own machine only (RFC 8252):
    # apps/oauth/api/oauth_input.py.
    "oauth2_provider.W008",
]
