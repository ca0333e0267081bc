from __future__ import annotations

from tests.docs.numbers.claim import LIMITS, Claim, every_s

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/configuration.md": [
        (
            "live mode; {} times one merchant's, or more",
            LIMITS["payer_live_all"] / LIMITS["payer_live"],
        ),
    ],
    "docs/guides/errors.md": [
        ("You asked this payer {} times in a day", LIMITS["payer_live_day"]),
        (
            "asked this payer {} times in a minute or {} in a day",
            LIMITS["payer_live_all"],
            LIMITS["payer_live_all_day"],
        ),
        (
            "a {} of either at most",
            LIMITS["payer_live"] / LIMITS["payer_live_all"],
        ),
    ],
    "docs/guides/idempotency.md": [
        (
            "payer's phone {} times a minute and {} times a day",
            LIMITS["payer_live"],
            LIMITS["payer_live_day"],
        ),
        (
            "together {} times a minute and {} times a day",
            LIMITS["payer_live_all"],
            LIMITS["payer_live_all_day"],
        ),
    ],
    "docs/guides/operations.md": [
        ("| {} seconds | `payments.expire_due`", every_s("payments.expire_due")),
    ],
}
