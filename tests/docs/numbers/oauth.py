from __future__ import annotations

from django.conf import settings

from apps.oauth import certificates
from apps.oauth.services import register_application, register_certificate
from tests.docs.numbers.claim import LIMITS, Claim, Shown, every_s, in_source

SECRETS_GUESSED = (
    "tests/oauth/test_descriptions.py"
    "::test_client_secrets_are_not_guessed_at_leisure_and_nobody_is_locked_out"
)

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/errors.md": [
        (
            "`too_many_oauth_applications` | 422 | There are {}",
            register_application.APPLICATIONS_MAX,
        ),
        ("RSA below {} bits", certificates.RSA_BITS_MIN),
        (
            "`too_many_client_certificates` | 422 | There are {}",
            register_certificate.CERTIFICATES_MAX,
        ),
    ],
    "docs/guides/oauth.md": [
        (
            "`code_verifier`, {} to {} random characters",
            in_source("apps/oauth/protocol/server.py", r"\{(\d+),\d+\}\\Z"),
            in_source("apps/oauth/protocol/server.py", r"\{\d+,(\d+)\}\\Z"),
        ),
        ("Within {} seconds exchange the code", settings.OAUTH_CODE_S),
        ("good for {} days", settings.OAUTH_REFRESH_TOKEN_S / 86_400),
        ("Only for {} seconds", settings.OAUTH_REFRESH_GRACE_S),
        ("comes {} `temporarily_unavailable`", Shown(429, SECRETS_GUESSED)),
        (
            "After {} wrong secrets in a minute from one network ({} over all",
            LIMITS["client_secret"],
            LIMITS["client_secret_address"],
        ),
    ],
    "docs/guides/operations.md": [
        ("| {} seconds | `oauth.end_dead_grants`", every_s("oauth.end_dead_grants")),
    ],
}
