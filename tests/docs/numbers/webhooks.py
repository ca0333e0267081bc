from __future__ import annotations

from django.conf import settings

from apps.webhooks import address_guard, retry_schedule
from apps.webhooks.services import (
    claim_deliveries,
    mark_deliveries,
    register_endpoint,
    replay_range,
)
from tests.docs.numbers.claim import KEPT, LEAST, Claim, Shown, days
from tests.docs.pages import blocks, read

TRIES = len(retry_schedule.DELAYS_S) + 1
TRIED_HOURS = round(sum(retry_schedule.DELAYS_S) / 3600)


def verifiers() -> set[str]:
    return {
        block.language
        for block in blocks(read("docs/guides/webhooks.md"))
        if block.language not in {"sh", "http", "json"}
    }


WEBHOOK_S = settings.WEBHOOK_TIMEOUT_S
FIRST_EVENT = "tests/docs/test_blocks.py::test_a_webhook_comes_as_it_is_shown"
LIVE_FIRST = (
    "tests/webhooks/test_live_first.py::test_what_happens_now_goes_before_all_that_is_replayed"
)

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/configuration.md": [
        ("| `WEBHOOK_RETRY_SCALE` | {} |", settings.WEBHOOK_RETRY_SCALE),
    ],
    "docs/guides/errors.md": [
        ("longer than {} characters once", address_guard.URL_LENGTH_MAX),
        ("port {} or {}", *address_guard.PORTS),
        ("There are {} endpoints in this mode", register_endpoint.ENDPOINTS_MAX),
        ("holds more than {} events", replay_range.REPLAY_MAX),
    ],
    "docs/guides/operations.md": [
        (
            "| webhooks to an endpoint | {} | {} | {} |",
            claim_deliveries.FIRST,
            claim_deliveries.MOST,
            claim_deliveries.TROUBLED_MOST,
        ),
        ("in one mode | {} | {} | |", *[claim_deliveries.MERCHANT_MOST] * 2),
        ("| webhooks in test mode | {} | {} |", *[claim_deliveries.TEST_MOST] * 2),
        (
            "in one mode: replays and what is caught up | {} | {} |",
            *[claim_deliveries.BACKLOG_MOST] * 2,
        ),
        ("caught up, of all | {} | {} |", *[claim_deliveries.ALL_BACKLOG_MOST] * 2),
        ("has missed for {} days", days(retry_schedule.HELD_FOR)),
        ("tried again, {} times over {} hours", TRIES, TRIED_HOURS),
        (
            "| {} days, a pending one until it ends | `RETENTION_DELIVERIES_DAYS` | {} |",
            KEPT["deliveries"],
            LEAST["deliveries"],
        ),
    ],
    "docs/openapi.json": [
        ("{} tries over {} hours", TRIES, TRIED_HOURS),
        ("at most {} events", replay_range.REPLAY_MAX),
        ("it has {} characters at most", address_guard.URL_LENGTH_MAX),
    ],
    "docs/guides/real-time.md": [
        ("wait for your server for {} hours", TRIED_HOURS),
    ],
    "docs/guides/testing.md": [
        ("within {} seconds is sent again: {} tries over {} hours", WEBHOOK_S, TRIES, TRIED_HOURS),
        ("`payment.created` being {};", Shown(1, FIRST_EVENT)),
    ],
    "docs/guides/webhooks.md": [
        ("All {} functions below", len(verifiers())),
        (
            "within {} seconds is tried again: {} tries over {} hours,"
            " after {} seconds, {} seconds, {} minutes, {} minutes",
            WEBHOOK_S,
            TRIES,
            TRIED_HOURS,
            *retry_schedule.DELAYS_S[:2],
            *(delay / 60 for delay in retry_schedule.DELAYS_S[2:4]),
        ),
        ("on a {} or {} is honoured", *mark_deliveries.BUSY),
        (
            "failed for {} days, or answers {}, is paused",
            days(mark_deliveries.PAUSED_AFTER),
            mark_deliveries.GONE,
        ),
        ("waits for it, for {} days", days(retry_schedule.HELD_FOR)),
        (
            "a replay of {} events",
            Shown(replay_range.REPLAY_MAX, LIVE_FIRST),
        ),
    ],
}
