from __future__ import annotations

from datetime import timedelta

from apps.merchants import api_key_format, rotation_schedule
from apps.merchants.api import api_key_input
from apps.merchants.api import examples as api_key_examples
from apps.merchants.services import grant_api_key, rotate_api_key
from tests.docs.numbers.claim import LIMITS, Claim, days, hours

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/api-keys.md": [
        (
            "{} random characters and {} of checksum",
            api_key_format.RANDOM_LENGTH,
            api_key_format.CHECKSUM_LENGTH,
        ),
        (
            "({} to {} hours, {} if you say nothing)",
            0,
            api_key_input.OVERLAP_HOURS_MAX,
            api_key_input.OVERLAP_HOURS_DEFAULT,
        ),
        ("({} to {}) a key is replaced", 1, rotation_schedule.ROTATION_DAYS_MAX),
        (
            "{} days before the key falls due ({} the interval",
            days(rotation_schedule.NOTICE_MAX),
            rotation_schedule.notice(2 * 4) / timedelta(days=2 * 4),
        ),
        ("at least {} hours ahead", hours(rotation_schedule.LAST_WARNING)),
        ("at least {} hours earlier", hours(rotation_schedule.LAST_WARNING)),
    ],
    "docs/guides/errors.md": [
        (
            "There are {} living keys in this mode; {} with those",
            grant_api_key.KEYS_MAX,
            rotate_api_key.ROTATING_MAX,
        ),
        ("`rotate_every_days` is not {} to {}", 1, rotation_schedule.ROTATION_DAYS_MAX),
        ("| {} is a good habit", api_key_examples.API_KEY["rotate_every_days"]),
        ("Not {} to {} whole hours. | {} gives a day", 0, api_key_input.OVERLAP_HOURS_MAX, 24),
    ],
    "docs/openapi.json": [
        ("both work; {} if left out", api_key_input.OVERLAP_HOURS_DEFAULT),
        ("signs too. {} unless said", api_key_input.OVERLAP_HOURS_DEFAULT),
        ("is {} more now", LIMITS["credential"] - 1),
        ("is {} in any {} seconds", LIMITS["credential"], 60),
    ],
    "docs/guides/webhooks.md": [
        ("for {} hours, or as long as", api_key_input.OVERLAP_HOURS_DEFAULT),
    ],
}
