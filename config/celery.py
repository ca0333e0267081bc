"""Celery: wake-ups and the beat tick. The database says what is to be done."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import beat_init, worker_init, worker_ready

from config import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
# Celery runs every check of Django's, for which it reads every page, and nobody hears the result.
# What a process does not start without is asked by apps.core.checks.refuse_unsound.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("lomi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "expiry": {
        "task": "payments.expire_due",
        "schedule": 2.0,
        "options": {"queue": "poll", "expires": 10},
    },
    "balance snapshots": {"task": "ledger.take_snapshots", "schedule": 600.0},
    # A balance that has just begun is summed at the end of its first day.
    "day reports": {"task": "day_reports.begin_cycles", "schedule": 900.0},
    "day report sendings": {"task": "day_reports.promise_sendings", "schedule": 300.0},
    "releases": {"task": "ledger.release_pending", "schedule": 60.0, "options": {"expires": 60}},
    # What was chained since the last one can still be rewritten unseen.
    "audit anchor": {
        "task": "audit.anchor_head",
        "schedule": 3600.0,
        # Other people's servers are waited for.
        "options": {"queue": "files"},
    },
    "audit chain": {"task": "audit.chain_entries", "schedule": 10.0, "options": {"expires": 30}},
    "key rotation": {"task": "merchants.rotate_due_keys", "schedule": 3600.0},
    "support e-mail": {
        "task": "support_tickets.fetch_email",
        "schedule": 30.0,
        # Other people's servers are waited for.
        "options": {"queue": "files", "expires": 30},
    },
    "missing reports": {"task": "reconciliation.open_missing_statements", "schedule": 900.0},
    "statement figures": {
        "task": "reconciliation.count_changed_statements",
        "schedule": 60.0,
        # Nothing waits for it; a million lines take their time.
        "options": {"queue": "files", "expires": 60},
    },
    "held webhooks": {"task": "webhooks.give_up_held_deliveries", "schedule": 3600.0},
    "reports": {
        "task": "reporting.count_changed_hours",
        "schedule": 30.0,
        # Nothing waits for it; a rebuilding takes its time.
        "options": {"queue": "files", "expires": 60},
    },
    "report e-mails": {"task": "reporting.promise_due_reports", "schedule": 300.0},
    "retention": {"task": "core.forget_old_rows", "schedule": 3600.0},
    "dead grants": {"task": "oauth.end_dead_grants", "schedule": 30.0, "options": {"expires": 60}},
    "webhooks given up": {"task": "webhooks.tell_given_up", "schedule": 3600.0},
    "token retention": {"task": "oauth.forget_expired_tokens", "schedule": 3600.0},
    "watch": {"task": "monitoring.look_around", "schedule": 5.0, "options": {"expires": 5}},
    "books": {
        "task": "monitoring.check_books",
        "schedule": 60.0,
        "options": {"queue": "files", "expires": 60},
    },
    "rail days": {"task": "monitoring.tidy", "schedule": 600.0},
    "rail names": {"task": "payout_batches.forget_rail_names", "schedule": 3600.0},
    "batch uploads": {
        "task": "payout_batches.forget_uploads",
        "schedule": 3600.0,
        "options": {"queue": "files", "expires": 3600},
    },
    "floats": {"task": "floats.watch_accounts", "schedule": 300.0, "options": {"expires": 300}},
    "session retention": {"task": "sign_in.forget_expired_sessions", "schedule": 900.0},
}


@worker_init.connect
@beat_init.connect
def _write_privately(**_kwargs: object) -> None:
    # Also the beat's schedule.
    os.umask(0o077)


@worker_ready.connect
def _tune(**_kwargs: object) -> None:
    garbage.tune()
