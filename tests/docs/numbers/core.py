from __future__ import annotations

from django.conf import settings
from django.core.management.base import CommandError

from apps.core import database_clock, idempotency, pagination, public_ids
from apps.core.api import fields
from apps.core.money import EXPONENTS
from apps.core.postgresql import schema
from apps.core.work import concurrency_limiter, outbox, worker_loop
from tests.docs.numbers.claim import KEPT, LEAST, Claim, Shown, days, in_source, seconds

PAUSES_S = [
    min(
        seconds(concurrency_limiter.PAUSE_FIRST) * 2**number, seconds(concurrency_limiter.PAUSE_MAX)
    )
    for number in range(4)
]
WHOLE_AMOUNTS = (
    1500,
    1500 / 10 ** EXPONENTS["XAF"],
    1500 / 10 ** EXPONENTS["EUR"],
)
PROBED = (
    "tests/core/test_concurrency_limiter.py::test_it_is_open_within_half_a_minute_of_its_recovery"
)
RETRIED = (
    "tests/core/test_outbox.py"
    "::test_what_failed_comes_back_later_and_later_but_always_within_the_hour"
)

CLAIMS: dict[str, list[Claim]] = {
    "README.md": [
        ("{} is {} XAF, or {} EUR", *WHOLE_AMOUNTS),
    ],
    "docs/guides/disputes.md": [
        ("{} MB for each request", settings.FILES_BODY_BYTES_MAX / 1024**2),
    ],
    "docs/guides/errors.md": [
        ("More than {} KiB.", settings.REQUEST_BODY_BYTES_MAX / 1024),
        ("A form of more than {} MB came", settings.FILES_BODY_BYTES_MAX / 1024**2),
        ("not {} to {} visible ASCII", 1, idempotency.KEY_LENGTH_MAX),
        ("within {} days", days(settings.IDEMPOTENCY_KEPT_FOR)),
        ("`limit` is not {} to {}", 1, pagination.LIMIT_MAX),
        ("{} means {} XAF, or {} EUR", *WHOLE_AMOUNTS),
        (
            "More than {} entries, names over {} or values over {} characters",
            fields.METADATA_KEYS_MAX,
            fields.METADATA_KEY_LENGTH_MAX,
            fields.METADATA_VALUE_LENGTH_MAX,
        ),
    ],
    "docs/guides/first-payment.md": [
        ("{} is {} XAF, or {} EUR", *WHOLE_AMOUNTS),
    ],
    "docs/guides/idempotency.md": [
        ("{} to {} visible ASCII", 1, idempotency.KEY_LENGTH_MAX),
        ("they are kept {} days", days(settings.IDEMPOTENCY_KEPT_FOR)),
    ],
    "docs/guides/lists.md": [
        ("`limit` is {} to {}, {} if", 1, pagination.LIMIT_MAX, pagination.LIMIT_DEFAULT),
    ],
    "docs/guides/operations.md": [
        ("in turns of a {} of a second", schema.LOCK_TURN_MS / 1000),
        ("tried for {} an hour", schema.PATIENCE_S / 3600),
        ("again after {}, {}, {} … seconds", *[Shown(seconds, RETRIED) for seconds in (1, 2, 4)]),
        ("after {}, {}, {}, then every {} seconds", *PAUSES_S),
        ("open within {} a minute", Shown(0.5, PROBED)),
        ("failed {} times, or fails when", outbox.TRIES_ALONE_MAX),
        ("alarm when it is not {})", 0),
        (
            "after a day or {} tries, and what is due more than {} hours",
            in_source("apps/core/invariants.py", r"tries >= (\d+)"),
            in_source("apps/core/invariants.py", r"interval '(\d+) hours'"),
        ),
        ("host is more than {} seconds off", database_clock.SKEW_S_MAX),
        ("it waits only {} seconds with answers", worker_loop.STOP_S),
        ("lease ends: {} seconds (`WORK_LEASE_S`)", seconds(settings.WORK_LEASE)),
        ("it exits {} if", CommandError().returncode),
        (
            "| {} days | `RETENTION_IDEMPOTENCY_DAYS` | {} |",
            KEPT["idempotency"],
            LEAST["idempotency"],
        ),
        (
            "| {} days | `RETENTION_BOOK_CHECKS_DAYS` | {} |",
            KEPT["book_checks"],
            LEAST["book_checks"],
        ),
        ("{} a statement", in_source("apps/core/retention.py", r"LIMIT (\d+)")),
    ],
    "docs/openapi.json": [
        ("How many objects at most; {} unless you say", pagination.LIMIT_DEFAULT),
        ("and {} letters and digits", public_ids.LENGTH),
        ("Texts of your own by name, {} at most", fields.METADATA_KEYS_MAX),
        ("All of a request has {} MB at most", settings.FILES_BODY_BYTES_MAX / 1024**2),
        ("{} is {} XAF, or {} EUR", *WHOLE_AMOUNTS),
        ("{} XAF has none", 1500 / 10 ** EXPONENTS["XAF"]),
    ],
}
