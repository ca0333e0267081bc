"""Where each number of the pages comes from: a sentence -> the constants it is about.

A claim is a piece of a page with {} where a number stands, in figures or words, and what those
numbers are in the code; or the test that shows them. A number of a page that no claim has, and a
claim no page has, fail the suite.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from apps.approvals.rules.actions import APPROVAL_HOURS
from apps.approvals.selectors import try_rule
from apps.core import database_clock, idempotency, pagination
from apps.core.api import fields
from apps.core.attachment_type import FILE_BYTES_MAX
from apps.core.money import EXPONENTS
from apps.core.postgresql import schema
from apps.core.retention import KeptForDays, all_rules
from apps.core.tables import cells
from apps.core.work import concurrency_limiter, outbox, worker_loop
from apps.day_reports.due_work import DUE_SENDINGS, SEND_FAILURES_MAX
from apps.day_reports.rules.day_bounds import MARGIN
from apps.disputes.rules import due_dates, evidence
from apps.disputes.services.import_dispute_file import BYTES_MAX as DISPUTE_FILE_BYTES_MAX
from apps.disputes.services.import_dispute_file import LINES_MAX as DISPUTE_LINES_MAX
from apps.fees.selectors import simulate_lines
from apps.floats.services import read_float
from apps.ledger.models import AccountKind
from apps.ledger.rules.chart_of_accounts import NUMBERS
from apps.merchants import api_key_format, authentication, rotation_schedule
from apps.merchants.api import api_key_input
from apps.merchants.api import examples as api_key_examples
from apps.merchants.services import grant_api_key, rotate_api_key
from apps.monitoring.selectors import rail_status
from apps.monitoring.selectors.rail_status import UNWATCHED_MAX
from apps.monitoring.services import count_minutes
from apps.oauth import certificates
from apps.oauth.services import register_application, register_certificate
from apps.orchestration import due_work
from apps.orchestration.services import handle_callback
from apps.payout_batches.api import batch_input
from apps.payout_batches.rules.compare_names import compare_names
from apps.payout_batches.selectors import describe_batch
from apps.payout_batches.services import (
    check_name,
    forget_rail_names,
    note_duplicates,
    submit_batch,
)
from apps.payout_batches.services.receive_batch import FILE_BYTES_MAX as BATCH_FILE_BYTES_MAX
from apps.providers.connectors.mtn_momo.connector import PROFILE as MTN
from apps.providers.connectors.mtn_momo.simulator import MtnMomoSimulator
from apps.providers.connectors.orange_webpay.simulator.endings import ENDINGS
from apps.providers.contract import Operation
from apps.providers.simulation.faults import DEFAULT_VALUES, MAGIC_SUFFIXES, FaultKind
from apps.realtime import event_reader, hub, sequencer
from apps.realtime.services import take_lease
from apps.realtime.streams import connection, event_socket, event_source, following, payer_source
from apps.reconciliation.rules import hand_match, write_off
from apps.reconciliation.services import (
    check_statement_fits,
    decide_together,
    expect_later,
    record_decision,
)
from apps.reporting.admin.figures_form import DAYS
from apps.reporting.rules.period import PERIOD_USUAL
from apps.routing.rules import reply_counts
from apps.routing.selectors import account_health
from apps.settlement.services import activate_terms
from apps.statement_formats.rules.check_size import FILE_BYTES_MAX as STATEMENT_BYTES_MAX
from apps.statement_formats.rules.read_camt import VERSIONS
from apps.statement_formats.rules.read_items import SHEET_BYTES_MAX
from apps.statement_sources.rules import schedule
from apps.statement_sources.transports import drop_in_server, piece_store
from apps.support_tickets.models import SlaPolicy
from apps.support_tickets.selectors.read_sla_report import WEEKS_SHOWN
from apps.support_tickets.services import add_message
from apps.support_tickets.services.add_attachment import FILES_MAX
from apps.support_tickets.services.rate_ticket import SCORE_BEST, SCORE_WORST
from apps.vault.blind_index import KEY_BYTES_MIN
from apps.vault.key_ring import KEY_BYTES
from apps.webhooks import address_guard, retry_schedule
from apps.webhooks.services import (
    claim_deliveries,
    mark_deliveries,
    register_endpoint,
    replay_range,
)
from config.celery import app as celery
from local import bootstrap, stack
from tests.docs.pages import ROOT, blocks, read
from tests.support_tickets.service_levels import FIRST

# Of a new installation.
LEVELS, DESK_HOURS = FIRST.LEVELS, FIRST.HOURS


@dataclass(frozen=True)
class Shown:
    """A number that a test shows, by its name."""

    value: float
    test: str


def in_source(path: str, pattern: str) -> float:
    """A number that is written in a statement of SQL, or in a template."""
    (found,) = set(re.findall(pattern, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))
    return float(found)


# From none of the traces to all of them.
SHARES = (
    in_source("config/env.py", r"if not (\d+) <= ratio"),
    in_source("config/env.py", r"<= ratio <= (\d+)"),
)


def hours(span: timedelta) -> float:
    return span / timedelta(hours=1)


def days(span: timedelta) -> float:
    return span / timedelta(days=1)


def minutes(span: timedelta) -> float:
    return span / timedelta(minutes=1)


def seconds(span: timedelta) -> float:
    return span / timedelta(seconds=1)


def every_s(task: str) -> float:
    (found,) = [
        entry["schedule"] for entry in celery.conf.beat_schedule.values() if entry["task"] == task
    ]
    return float(found)


# Of two names that have nothing in common, and of a name and itself.
SCORES = [compare_names(one, "Awa").score or 0 for one in ("Zoé", "Awa")]
LIMITS = settings.RATE_LIMITS
EVIDENCE_MB = evidence.FILE_BYTES_MAX / 1024**2
KEPT = settings.RETENTION_DAYS
LEAST = {rule.days: rule.least for rule in all_rules() if isinstance(rule, KeptForDays)}
TRIES = len(retry_schedule.DELAYS_S) + 1
MTN_COLLECTS = MTN.operations[Operation.COLLECT]
TRIED_HOURS = round(sum(retry_schedule.DELAYS_S) / 3600)
PAUSES_S = [
    min(
        seconds(concurrency_limiter.PAUSE_FIRST) * 2**number, seconds(concurrency_limiter.PAUSE_MAX)
    )
    for number in range(4)
]
PYTHONS = [float(f"3.{minor}") for minor in range(bootstrap.OLDEST[1], bootstrap.NEWEST[1] + 1)]
WHOLE_AMOUNTS = (
    1500,
    1500 / 10 ** EXPONENTS["XAF"],
    1500 / 10 ** EXPONENTS["EUR"],
)
STATEMENT_S = {door: limits["statement"] for door, limits in settings.DATABASE_LIMITS_S.items()}
REDIS_S = in_source("config/settings/base.py", r'"socket_timeout": (\d+),$')


def examples_by_language() -> set[str]:
    return {path.parent.name for path in (ROOT / "examples").glob("*/webhook.*")} | {"java"}


def generated_clients() -> list[Path]:
    return list((ROOT / "tests/clients/programs").glob("with_*"))


def verifiers() -> set[str]:
    return {
        block.language
        for block in blocks(read("docs/guides/webhooks.md"))
        if block.language not in {"sh", "http", "json"}
    }


ORANGE = "apps/providers/connectors/orange_webpay/simulator/simulator.py"
HOSTILE = "tests/security/test_hostile_requests.py"
SOAK = "tests/chaos/soak.py"
SDK = "sdk/python/lomi/connection.py"
SDK_DELAY_S_MAX = in_source(SDK, r"^RETRY_DELAY_S_MAX = ([\d.]+)")


def limiter(one: concurrency_limiter.ConcurrencyLimiter) -> tuple[float, float, float]:
    return one.first, one.most, one._troubled_most


WEBHOOK_S = settings.WEBHOOK_TIMEOUT_S
SILENCE = (
    "tests/realtime/test_silence.py::test_the_api_says_that_it_is_away_and_is_back_with_the_line"
)
PROBED = (
    "tests/core/test_concurrency_limiter.py::test_it_is_open_within_half_a_minute_of_its_recovery"
)
RETRIED = (
    "tests/core/test_outbox.py"
    "::test_what_failed_comes_back_later_and_later_but_always_within_the_hour"
)
FIRST_EVENT = "tests/docs/test_blocks.py::test_a_webhook_comes_as_it_is_shown"
# A credential is remembered for so long.
REMEMBERED_S = authentication._keys.seconds
ONGOING_S = MtnMomoSimulator.setting_defaults["ongoing_after_s"]
SECRETS_GUESSED = (
    "tests/oauth/test_descriptions.py"
    "::test_client_secrets_are_not_guessed_at_leisure_and_nobody_is_locked_out"
)
THINNED = (
    "tests/ledger/test_balance.py"
    "::test_snapshots_are_thinned_to_one_an_hour_and_after_two_days_to_one_a_day"
)
ORANGE_FAULTS = (
    "apps/providers/connectors/orange_webpay/tests/test_faults.py"
    "::test_magic_amount_breaks_the_creation_even_for_a_payer_who_pays_by_himself"
)
WALKED = "tests/docs/test_blocks.py::test_what_a_page_shows_is_what_happens"
LIVE_FIRST = (
    "tests/webhooks/test_live_first.py::test_what_happens_now_goes_before_all_that_is_replayed"
)

Claim = tuple[str, *tuple["float | Shown", ...]]

CLAIMS: dict[str, list[Claim]] = {
    "README.md": [
        ("Python {}, {} or {}", *PYTHONS),
        ("{} is {} XAF, or {} EUR", *WHOLE_AMOUNTS),
        # The walk's own answer: two payments of 1,500, each less its fee.
        ("Twice {} by now", Shown(1470, WALKED)),
        ("less the {} that the demo", Shown(500, WALKED)),
        ("and the {} that it paid out", Shown(800, WALKED)),
        ("and {} that a sale left it", Shown(9600, WALKED)),
        ("client code in {} languages", len(examples_by_language())),
        (
            "clients that {} generators make",
            len(generated_clients()),
        ),
        (
            "random days for {} minutes",
            in_source(SOAK, r"MINUTES\"\) or (\d+)"),
        ),
    ],
    "docs/guides/configuration.md": [
        ("base64 of {} bytes", KEY_BYTES_MIN),
        (
            "live mode; {} times one merchant's, or more",
            LIMITS["payer_live_all"] / LIMITS["payer_live"],
        ),
        ("`localhost`, {} |", settings.EMAIL_PORT),
        (
            "`OTEL_TRACES_SAMPLER_ARG` | {} | which share of the requests is traced, from {} to {}",
            settings.TRACES_RATIO,
            *SHARES,
        ),
        ("| `WEBHOOK_RETRY_SCALE` | {} |", settings.WEBHOOK_RETRY_SCALE),
        ("| `PORT` | {} or the next free", stack.WEB_PORT),
    ],
    "docker/README.md": [
        ("every process: Python {},", in_source("docker/Dockerfile", r"FROM python:([\d.]+)-")),
    ],
    "sdk/python/README.md": [
        ("Python {} or later", in_source("sdk/python/pyproject.toml", r'">=([\d.]+)"')),
        ("{} tries at most", in_source(SDK, r"^TRIES_MAX = (\d+)")),
    ],
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
        ("({} to {}) a key is replaced", 1, api_key_input.ROTATION_DAYS_MAX),
        (
            "{} days before the key falls due ({} the interval",
            days(rotation_schedule.NOTICE_MAX),
            rotation_schedule.notice(2 * 4) / timedelta(days=2 * 4),
        ),
        ("at least {} hours ahead", hours(rotation_schedule.LAST_WARNING)),
        ("at least {} hours earlier", hours(rotation_schedule.LAST_WARNING)),
    ],
    "docs/guides/disputes.md": [
        (
            "`dispute.evidence_due` {} and {} hours before",
            *[hours(one) for one in due_dates.ALARMS],
        ),
        ("of {} characters each", evidence.TEXT_LENGTH_MAX),
        ("of {} MB at most, {} for each dispute", EVIDENCE_MB, evidence.FILES_MAX),
        ("{} MB for each request", settings.FILES_BODY_BYTES_MAX / 1024**2),
    ],
    "docs/guides/errors.md": [
        ("The file has {} GB or more", STATEMENT_BYTES_MAX / 10**9),
        ("was decided, or waited {} hours", hours(submit_batch.APPROVAL_PERIOD)),
        ("`invalid_digest` | No {} hexadecimal", 2 * hashlib.sha256().digest_size),
        ("More than {} MiB.", FILE_BYTES_MAX / 2**20),
        (
            "Not a whole number from {} to {}. | {} is good.",
            SCORE_WORST,
            SCORE_BEST,
            SCORE_BEST,
        ),
        ("A file has more than {} MB", EVIDENCE_MB),
        ("More than {} MB or {} lines", DISPUTE_FILE_BYTES_MAX / 1e6, DISPUTE_LINES_MAX),
        ("A file has {} MB at most", BATCH_FILE_BYTES_MAX / 1024**2),
        ("The dispute has {} files", evidence.FILES_MAX),
        ("More than {} KiB.", settings.REQUEST_BODY_BYTES_MAX / 1024),
        ("A form of more than {} MB came", settings.FILES_BODY_BYTES_MAX / 1024**2),
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
        ("not {} to {} visible ASCII", 1, idempotency.KEY_LENGTH_MAX),
        ("within {} days", days(settings.IDEMPOTENCY_KEPT_FOR)),
        ("`limit` is not {} to {}", 1, pagination.LIMIT_MAX),
        (
            "A merchant has at most {} on each realtime process, a payment {} pages",
            following.STREAMS_MAX,
            payer_source.STREAMS_MAX,
        ),
        ("{} means {} XAF, or {} EUR", *WHOLE_AMOUNTS),
        (
            "There are {} living keys in this mode; {} with those",
            grant_api_key.KEYS_MAX,
            rotate_api_key.ROTATING_MAX,
        ),
        ("longer than {} characters once", address_guard.URL_LENGTH_MAX),
        (
            "More than {} entries, names over {} or values over {} characters",
            fields.METADATA_KEYS_MAX,
            fields.METADATA_KEY_LENGTH_MAX,
            fields.METADATA_VALUE_LENGTH_MAX,
        ),
        ("`rotate_every_days` is not {} to {}", 1, api_key_input.ROTATION_DAYS_MAX),
        ("| {} is a good habit", api_key_examples.API_KEY["rotate_every_days"]),
        ("port {} or {}", *address_guard.PORTS),
        ("There are {} endpoints in this mode", register_endpoint.ENDPOINTS_MAX),
        ("holds more than {} events", replay_range.REPLAY_MAX),
        ("Not {} to {} whole hours. | {} gives a day", 0, api_key_input.OVERLAP_HOURS_MAX, 24),
        (
            "`too_many_oauth_applications` | 422 | There are {}",
            register_application.APPLICATIONS_MAX,
        ),
        ("RSA below {} bits", certificates.RSA_BITS_MIN),
        (
            "`too_many_client_certificates` | 422 | There are {}",
            register_certificate.CERTIFICATES_MAX,
        ),
        ("A report covers {} to {} days", 1, check_statement_fits.DAYS_MAX),
        ("with a reason, {} characters at most", record_decision.REASON_LENGTH_MAX),
    ],
    "docs/guides/first-payment.md": [("{} is {} XAF, or {} EUR", *WHOLE_AMOUNTS)],
    "docs/guides/idempotency.md": [
        ("{} to {} visible ASCII", 1, idempotency.KEY_LENGTH_MAX),
        ("they are kept {} days", days(settings.IDEMPOTENCY_KEPT_FOR)),
        (
            "try to try: {}, {}, {}, {} seconds",
            *(min(2.0**number, SDK_DELAY_S_MAX) for number in range(4)),
        ),
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
    "docs/guides/lists.md": [
        ("`limit` is {} to {}, {} if", 1, pagination.LIMIT_MAX, pagination.LIMIT_DEFAULT),
    ],
    "docs/guides/monitoring.md": [
        ("has stood still for {} minutes", UNWATCHED_MAX.total_seconds() / 60),
        ("is read again within {} minutes", read_float.EVERY / timedelta(minutes=1)),
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
        ("reminded {} and {} hours before its date", *[hours(one) for one in due_dates.ALARMS]),
        ("up to {} connections to PostgreSQL each", settings.WORKER_CONNECTIONS),
        ("in turns of a {} of a second", schema.LOCK_TURN_MS / 1000),
        ("tried for {} an hour", schema.PATIENCE_S / 3600),
        ("again after {}, {}, {} … seconds", *[Shown(seconds, RETRIED) for seconds in (1, 2, 4)]),
        ("after {}, {}, {}, then every {} seconds", *PAUSES_S),
        ("open within {} a minute", Shown(0.5, PROBED)),
        ("| orders of a provider account | {} | {} | {} |", *limiter(due_work.submission_limiter)),
        (
            "| questions to it after a callback | {} | {} | {} |",
            *limiter(handle_callback.callback_limiter),
        ),
        (
            "| questions to it when a check is due | {} | {} | {} |",
            *limiter(due_work.question_limiter),
        ),
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
        ("failed {} times, or fails when", outbox.TRIES_ALONE_MAX),
        ("alarm when it is not {})", 0),
        (
            "after a day or {} tries, and what is due more than {} hours",
            in_source("apps/core/invariants.py", r"tries >= (\d+)"),
            in_source("apps/core/invariants.py", r"interval '(\d+) hours'"),
        ),
        ("A name is tried {} times a minute", LIMITS["login_user"]),
        (
            "ends after {} minutes without use, and after {} hours",
            settings.SESSION_IDLE_S / 60,
            settings.SESSION_COOKIE_AGE / 3600,
        ),
        ("proved herself for {} minutes", settings.STEP_UP_S / 60),
        ("host is more than {} seconds off", database_clock.SKEW_S_MAX),
        ("| {} seconds | `payments.expire_due`", every_s("payments.expire_due")),
        (
            "| {} seconds | `reporting.count_changed_hours`",
            every_s("reporting.count_changed_hours"),
        ),
        (
            "| {} minutes | `reporting.promise_due_reports`",
            every_s("reporting.promise_due_reports") / 60,
        ),
        ("| {} seconds | `audit.chain_entries`", every_s("audit.chain_entries")),
        ("| {} seconds | `monitoring.look_around`", every_s("monitoring.look_around")),
        ("| {} minutes | `monitoring.tidy`", every_s("monitoring.tidy") / 60),
        ("| `monitoring.RailMinute` | {} weeks", count_minutes.PAST_KEPT / timedelta(weeks=1)),
        ("| {} minutes | `ledger.take_snapshots`", every_s("ledger.take_snapshots") / 60),
        (
            "one an hour, after {} days to one a day",
            Shown(2, THINNED),
        ),
        (
            "one an hour, after {} days one a day | | |",
            Shown(2, THINNED),
        ),
        ("| {} | what the providers hold for us", int(NUMBERS[AccountKind.PROVIDER_CLEARING])),
        ("| {} | what we owe merchants", int(NUMBERS[AccountKind.MERCHANT_PAYABLE])),
        ("| {} | our fees", int(NUMBERS[AccountKind.FEE_REVENUE])),
        ("| {} | tax on them", int(NUMBERS[AccountKind.TAX_PAYABLE])),
        ("| {} | our bank", int(NUMBERS[AccountKind.BANK])),
        ("| {} | what was written off", int(NUMBERS[AccountKind.WRITE_OFF])),
        ("| {} minutes | `day_reports.begin_cycles`", every_s("day_reports.begin_cycles") / 60),
        (
            "| {} minutes | `day_reports.promise_sendings`",
            every_s("day_reports.promise_sendings") / 60,
        ),
        (
            "tried again every {} minutes, {} times at most",
            minutes(DUE_SENDINGS.put_off),
            SEND_FAILURES_MAX,
        ),
        ("| {} minutes | `floats.watch_accounts`", every_s("floats.watch_accounts") / 60),
        ("each is read every {} minutes", read_float.EVERY / timedelta(minutes=1)),
        (
            "| {} days | `RETENTION_FLOAT_READINGS_DAYS` | {} |",
            KEPT["float_readings"],
            LEAST["float_readings"],
        ),
        (
            "for payees, after {} days",
            days(forget_rail_names.KEPT),
        ),
        (
            "| {} minutes | `sign_in.forget_expired_sessions`",
            every_s("sign_in.forget_expired_sessions") / 60,
        ),
        (
            "| {} minutes | `reconciliation.open_missing_statements`",
            every_s("reconciliation.open_missing_statements") / 60,
        ),
        (
            "| {} seconds | `reconciliation.count_changed_statements`",
            every_s("reconciliation.count_changed_statements"),
        ),
        ("has missed for {} days", days(retry_schedule.HELD_FOR)),
        ("| {} seconds | `oauth.end_dead_grants`", every_s("oauth.end_dead_grants")),
        ("| {} seconds | `support_tickets.fetch_email`", every_s("support_tickets.fetch_email")),
        ("it waits only {} seconds with answers", worker_loop.STOP_S),
        (
            "settings says: {} seconds in web and realtime, {} in a worker; Redis {}",
            STATEMENT_S["web"],
            STATEMENT_S["worker"],
            REDIS_S,
        ),
        ("answers 503 within {} seconds", Shown(5, SILENCE)),
        ("find a dead machine within {} seconds", settings.SILENT_LINE_S),
        ("lease ends: {} seconds (`WORK_LEASE_S`)", seconds(settings.WORK_LEASE)),
        ("*asked about* after {} (`SUBMIT_LEASE_S`)", seconds(settings.SUBMIT_LEASE)),
        ("within {} seconds or so if it was killed", seconds(take_lease.LEASE) + sequencer.TICK_S),
        ("tried again, {} times over {} hours", TRIES, TRIED_HOURS),
        ("it exits {} if", CommandError().returncode),
        (
            "fewer than a {} of its lines are of the chosen days, {} hours more",
            1 / check_statement_fits.CHOSEN_SHARE,
            hours(check_statement_fits.EDGE),
        ),
        ("its first {} references", check_statement_fits.REFERENCES_LOOKED_AT),
        ("Make {} random bytes", KEY_BYTES),
        (
            "| {} days | `RETENTION_IDEMPOTENCY_DAYS` | {} |",
            KEPT["idempotency"],
            LEAST["idempotency"],
        ),
        ("| {} days | `RETENTION_CALLBACKS_DAYS` | {} |", KEPT["callbacks"], LEAST["callbacks"]),
        (
            "| {} days, a pending one until it ends | `RETENTION_DELIVERIES_DAYS` | {} |",
            KEPT["deliveries"],
            LEAST["deliveries"],
        ),
        (
            "| {} days, once decided; for ever with a file that proves it |"
            " `RETENTION_APPROVALS_DAYS` | {} |",
            KEPT["approvals"],
            LEAST["approvals"],
        ),
        (
            "| {} days | `RETENTION_BOOK_CHECKS_DAYS` | {} |",
            KEPT["book_checks"],
            LEAST["book_checks"],
        ),
        ("`OTEL_TRACES_SAMPLER_ARG` says another share, from {} to {}", *SHARES),
        (
            "| {} days, where traces are on | `RETENTION_TRACES_DAYS` | {} |",
            KEPT["traces"],
            LEAST["traces"],
        ),
        ("{} a statement", in_source("apps/core/retention.py", r"LIMIT (\d+)")),
    ],
    "docs/guides/support.md": [
        ("Answer within {} days", days(add_message.REOPENS_FOR)),
        (
            "in UTF-8, of {} MiB at most, {} a ticket",
            FILE_BYTES_MAX / 2**20,
            FILES_MAX,
        ),
        ("| critical | {} min | {} h |", LEVELS["critical"][0], LEVELS["critical"][1] / 60),
        *(
            (
                f"| {priority} | {{}} h | {{}} h |",
                LEVELS[priority][0] / 60,
                LEVELS[priority][1] / 60,
            )
            for priority in ("high", "normal", "low")
        ),
        (
            "Friday, {} to {} and {} to {}, in",
            *sorted({clock.hour for _, *clocks in DESK_HOURS for clock in clocks}),
        ),
        ("At {} % of the time", SlaPolicy._meta.get_field("warning_percent").default),
        ("of the last {} weeks", WEEKS_SHOWN),
    ],
    "docs/guides/statement-formats.md": [
        ("A file of {} GB or more", STATEMENT_BYTES_MAX / 10**9),
        ("has at most {} MiB and {} lines", SHEET_BYTES_MAX / 2**20, cells.LINES_MAX),
        ("of camt, versions `.{}` to `.{}`", min(VERSIONS), max(VERSIONS)),
        ("numbers from {} where there is no heading", 1),
    ],
    "docs/guides/approvals.md": [
        ("not decided within {} hours", APPROVAL_HOURS),
        ("a PDF or plain text, of {} MB at most", FILE_BYTES_MAX / 2**20),
        ("how many of the last {} days it would", try_rule.DAYS),
    ],
    "docs/guides/payouts.md": [("not decided within {} hours", APPROVAL_HOURS)],
    "docs/guides/refunds.md": [("approved within {} hours", APPROVAL_HOURS)],
    "docs/guides/fees.md": [
        ("on your last {} days", simulate_lines.DAYS),
    ],
    "docs/openapi.json": [
        ("the rail has, from {} to {}, and", *SCORES),
        ("another key or person has {} hours", hours(submit_batch.APPROVAL_PERIOD)),
        ("within the last {} days", days(add_message.REOPENS_FOR)),
        ("an answer within {} days", days(add_message.REOPENS_FOR)),
        ("A ticket has at most {}.", FILES_MAX),
        ("plain text, of {} MiB at most", FILE_BYTES_MAX / 2**20),
        ("{} is bad, {} good", SCORE_WORST, SCORE_BEST),
        ("a PDF, of {} MB at most", EVIDENCE_MB),
        (
            "Of {} MB together with the rest of the request; {} for each dispute",
            settings.FILES_BODY_BYTES_MAX / 1024**2,
            evidence.FILES_MAX,
        ),
        ("All of a request has {} MB at most", settings.FILES_BODY_BYTES_MAX / 1024**2),
        ("pain.001.001.03 or .09, of {} MB at most", BATCH_FILE_BYTES_MAX / 1024**2),
        ("Left out: {} days before the end", days(PERIOD_USUAL)),
        ("Of the last {} days", rail_status.DAYS),
        ("{} is {} XAF, or {} EUR", *WHOLE_AMOUNTS),
        ("{} XAF has none", 1500 / 10 ** EXPONENTS["XAF"]),
        ("last {} minutes", reply_counts.WINDOW / timedelta(minutes=1)),
        ("one in {} and at least {}", account_health.TROUBLED_SHARE, account_health.TROUBLED_MIN),
        ("{} tries over {} hours", TRIES, TRIED_HOURS),
        ("at most {} events", replay_range.REPLAY_MAX),
        ("it has {} characters at most", address_guard.URL_LENGTH_MAX),
        ("both work; {} if left out", api_key_input.OVERLAP_HOURS_DEFAULT),
        ("signs too. {} unless said", api_key_input.OVERLAP_HOURS_DEFAULT),
        ("is {} more now", LIMITS["credential"] - 1),
        ("is {} in any {} seconds", LIMITS["credential"], 60),
    ],
    "docs/guides/payout-batches.md": [
        (
            "has {} MB at most**, and {} lines. Longer lists, up to {} MB and {} lines,",
            settings.FILES_BODY_BYTES_MAX / 1024**2,
            batch_input.LINES_MAX,
            BATCH_FILE_BYTES_MAX / 1024**2,
            cells.LINES_MAX,
        ),
        ("of the last {} days", days(note_duplicates.LOOKED_BACK)),
        ("how well they agree, from {} to {}", *SCORES),
        (
            "keeps nobody waiting longer than {} minutes",
            check_name.WAITS_MAX / timedelta(minutes=1),
        ),
        ("else it is not kept | {} days", days(forget_rail_names.KEPT)),
        ("initials | {} days", days(forget_rail_names.KEPT)),
        ("Nobody decides within {} hours", hours(submit_batch.APPROVAL_PERIOD)),
        ("once {} have ended", describe_batch.ENDED_MIN),
    ],
    "docs/guides/real-time.md": [
        ("wait for your server for {} hours", TRIED_HOURS),
        ("a port of its own ({})", stack.REALTIME_PORT),
        (
            "After {} seconds without an event. Nothing for {} seconds",
            event_socket.HEARTBEAT_S,
            event_reader.SILENCE_S_MAX,
        ),
        ("a comment every {} seconds", event_source.HEARTBEAT_S),
        (
            "a {} events wait for you, or you took nothing for {} seconds",
            hub.WAITING_MAX,
            connection.SEND_WITHIN_S,
        ),
        ("A merchant has {} streams on each realtime process", following.STREAMS_MAX),
        ("loses its streams within {} seconds", following.CHECK_EVERY_S + REMEMBERED_S),
    ],
    "docs/guides/security.md": [
        (
            "sends {} requests to each route, at least {} to each group",
            in_source(
                "tests/security/test_hostile_requests.py", r'LOMI_HOSTILE_REQUESTS", "(\d+)"'
            ),
            in_source(HOSTILE, r"^GROUP_MIN = (\d+)"),
        ),
    ],
    "docs/guides/states.md": [
        ("approve it within {} hours", hours(submit_batch.APPROVAL_PERIOD)),
        ("approved within {} hours", APPROVAL_HOURS),
    ],
    "docs/guides/testing.md": [
        ("The last {} digits count", len(next(iter(MAGIC_SUFFIXES)))),
        ("after {} a minute | `succeeded`", ONGOING_S / 60),
        ("after {} a minute | `processing`, then `succeeded`", ONGOING_S / 60),
        (
            "`pending`, then `expired` after {} minutes",
            MTN_COLLECTS.expires_after_s / 60,
        ),
        ("It comes {} seconds later", DEFAULT_VALUES[FaultKind.LATE_CALLBACK]),
        ("The answer takes {} seconds", DEFAULT_VALUES[FaultKind.SLOW]),
        (
            "for a person; `expired` after {} minutes",
            MTN_COLLECTS.expires_after_s / 60,
        ),
        ("The same one a {} times", MAGIC_SUFFIXES["900015"][1]),
        ("{} seconds longer than usual", DEFAULT_VALUES[FaultKind.LATE_APPROVAL]),
        ("do not know it for {} seconds", DEFAULT_VALUES[FaultKind.HIDDEN_AT_FIRST]),
        (
            "the {}-digit code",
            in_source(ORANGE, r"_000\):0(\d)\}"),
        ),
        ("`SUCCESS` after {} seconds", ENDINGS["900153"][1]),
        (
            "the amount: {} and the last {} digits of the fault, at the end of the amount: {} is",
            *[Shown(value, ORANGE_FAULTS) for value in (99, 2, 19909)],
        ),
        ("on port {}, or the next free one", stack.SIMULATOR_PORT),
        ("a port of their own, {} or the next", stack.CONTROL_PORT),
        ("within {} seconds is sent again: {} tries over {} hours", WEBHOOK_S, TRIES, TRIED_HOURS),
        ("`payment.created` being {};", Shown(1, FIRST_EVENT)),
    ],
    "docs/guides/statements.md": [
        ("A session ends within {} seconds", drop_in_server.RECHECK_S),
        ("is looked for every {} minutes", minutes(schedule.MISSING_LOOK)),
        ("in pieces of {} MB", piece_store.PIECE_BYTES / 1024**2),
    ],
    "docs/guides/reconciliation.md": [
        ("with one reason, {} at most", decide_together.TOGETHER_MAX),
        ("off the list until a day, {} days from now at most", expect_later.EXPECTED_DAYS_MAX),
        ("split over {} at most", hand_match.ATTEMPTS_MAX),
        ("claimed by nobody, is booked; {} at most", write_off.TOGETHER_MAX),
        ("reports of the last {}, {} or {} days", *DAYS),
    ],
    "docs/guides/day-reports.md": [
        ("A {} of an hour after a day is over", hours(MARGIN)),
    ],
    "docs/guides/settlements.md": [
        ("is paid {} hours after two", hours(activate_terms.COOLING)),
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
        ("for {} hours, or as long as", api_key_input.OVERLAP_HOURS_DEFAULT),
    ],
}
