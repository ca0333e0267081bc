from __future__ import annotations

from django.conf import settings

from tests.docs.numbers.claim import LIMITS, Claim, every_s

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/operations.md": [
        ("A name is tried {} times a minute", LIMITS["login_user"]),
        (
            "ends after {} minutes without use, and after {} hours",
            settings.SESSION_IDLE_S / 60,
            settings.SESSION_COOKIE_AGE / 3600,
        ),
        ("proved herself for {} minutes", settings.STEP_UP_S / 60),
        (
            "| {} minutes | `sign_in.forget_expired_sessions`",
            every_s("sign_in.forget_expired_sessions") / 60,
        ),
    ],
}
