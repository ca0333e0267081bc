from __future__ import annotations

from django.conf import settings

from tests.docs.numbers.claim import KEPT, LEAST, Claim, in_source

# From none of the traces to all of them.
SHARES = (
    in_source("config/env.py", r"if not (\d+) <= ratio"),
    in_source("config/env.py", r"<= ratio <= (\d+)"),
)
STATEMENT_S = {door: limits["statement"] for door, limits in settings.DATABASE_LIMITS_S.items()}
REDIS_S = in_source("config/settings/base.py", r'"socket_timeout": (\d+),$')

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/configuration.md": [
        ("`localhost`, {} |", settings.EMAIL_PORT),
        (
            "`OTEL_TRACES_SAMPLER_ARG` | {} | which share of the requests is traced, from {} to {}",
            settings.TRACES_RATIO,
            *SHARES,
        ),
    ],
    "docs/guides/operations.md": [
        ("up to {} connections to PostgreSQL each", settings.WORKER_CONNECTIONS),
        (
            "settings says: {} seconds in web and realtime, {} in a worker; Redis {}",
            STATEMENT_S["web"],
            STATEMENT_S["worker"],
            REDIS_S,
        ),
        ("find a dead machine within {} seconds", settings.SILENT_LINE_S),
        ("`OTEL_TRACES_SAMPLER_ARG` says another share, from {} to {}", *SHARES),
        (
            "| {} days, where traces are on | `RETENTION_TRACES_DAYS` | {} |",
            KEPT["traces"],
            LEAST["traces"],
        ),
    ],
}
