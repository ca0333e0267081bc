"""Topic -> who does it: the map of everything asynchronous.

The outbox or a due row says what is to be done; Celery only says "look". Each worker loop claims
in batches and works on `threads` threads of its own. Who calls others (a provider account, a
merchant's endpoint) takes no more of them than a ConcurrencyLimiter allows each: one that hangs
delays itself alone.
"""

from __future__ import annotations

from apps.approvals.due_work import DUE_APPROVALS
from apps.bank_doors.due_work import DUE_BANK_FILES
from apps.core.work.outbox import OutboxTopic
from apps.core.work.topics import Route
from apps.day_reports.due_work import DUE_DAYS, DUE_SENDINGS
from apps.disputes.due_work import DUE_DISPUTES, DUE_LINES
from apps.floats.due_work import DUE_READINGS
from apps.orchestration.due_work import DueAttempts
from apps.orchestration.services.claim_attempts import CreatedAttempts
from apps.orchestration.services.handle_callback import ReceivedCallbacks
from apps.payout_batches.due_work import DUE_BATCHES, DUE_NAMES
from apps.reconciliation.services.claim_matchings import PROMISED_MATCHINGS
from apps.settlement.due_work import DUE_CYCLES, DUE_SETTLEMENTS
from apps.statement_sources.due_work import DUE_FILES, DUE_SOURCES
from apps.support_tickets.due_work import DUE_CLOCKS
from apps.webhooks.services.claim_deliveries import DueDeliveries

ROUTES: dict[str, Route] = {
    # A payment was created, or is tried again: send it to its provider.
    "attempt.submit": Route(
        queue="submit",
        source=CreatedAttempts(),
        handler="apps.orchestration.tasks.submit",
        after_batch="apps.orchestration.tasks.apply",
        threads=64,
    ),
    # A provider called back: ask it what it means.
    "callback.received": Route(
        queue="callbacks",
        source=ReceivedCallbacks(),
        handler="apps.orchestration.tasks.handle_callback",
        after_batch="apps.orchestration.tasks.close_callbacks",
        threads=64,
    ),
    # An attempt's next check has come: ask its provider.
    "attempt.poll": Route(
        queue="poll",
        source=DueAttempts(),
        before_batch="apps.orchestration.tasks.load_due",
        handler="apps.orchestration.tasks.poll",
        after_batch="apps.orchestration.tasks.apply_polled",
        threads=32,
    ),
    # An event waits to be told to a merchant.
    "webhook.deliver": Route(
        queue="webhooks",
        source=DueDeliveries(),
        handler="apps.webhooks.tasks.deliver",
        after_batch="apps.webhooks.tasks.mark",
        threads=64,
    ),
    # An endpoint is resumed or enabled, or has a new address: send it what it missed.
    "webhook.catch_up": Route(
        queue="webhooks",
        source=OutboxTopic("webhook.catch_up"),
        handler="apps.webhooks.tasks.catch_up",
        threads=1,
    ),
    # Something happened in an app that may not know of webhooks: make it an event.
    "event.announce": Route(
        queue="default",
        source=OutboxTopic("event.announce"),
        handler="apps.webhooks.tasks.announce",
        threads=2,
    ),
    # A merchant wants a range of events again.
    "webhook.replay": Route(
        queue="default",
        source=OutboxTopic("webhook.replay"),
        handler="apps.webhooks.tasks.replay",
        threads=2,
    ),
    # An endpoint is paused or disabled: take what waits for it out of its queue.
    "webhook.hold_deliveries": Route(
        queue="webhooks",
        source=OutboxTopic("webhook.hold_deliveries"),
        handler="apps.webhooks.tasks.hold",
        threads=1,
    ),
    # An endpoint was deleted, or wants other types: give up what waits for it in vain.
    "webhook.end_deliveries": Route(
        queue="default",
        source=OutboxTopic("webhook.end_deliveries"),
        handler="apps.webhooks.tasks.end",
        threads=1,
    ),
    # A member of a merchant is to be told something by e-mail.
    "merchants.email": Route(
        queue="default",
        source=OutboxTopic("merchants.email"),
        handler="apps.merchants.tasks.send_email",
        threads=4,
    ),
    # A requester of a ticket is to be told something by e-mail.
    "tickets.email": Route(
        queue="default",
        source=OutboxTopic("tickets.email"),
        handler="apps.support_tickets.tasks.send_ticket_email",
        threads=4,
    ),
    # A merchant has not answered a dispute: remind it, or go on without it.
    "dispute.follow_up": Route(
        queue="default",
        source=DUE_DISPUTES,
        handler="apps.disputes.tasks.follow_up",
        threads=2,
    ),
    # A line of a provider's file of disputes waits to open one.
    "dispute.open_from_file": Route(
        queue="default",
        source=DUE_LINES,
        handler="apps.disputes.tasks.open_from_file",
        threads=2,
    ),
    # Nobody decided in time about a payout or a refund: it is canceled.
    "approval.expire": Route(
        queue="default",
        source=DUE_APPROVALS,
        handler="apps.approvals.tasks.expire",
        threads=2,
    ),
    # A batch of payouts has something to send or to look for, or its time has come.
    "payout_batch.run": Route(
        queue="default",
        source=DUE_BATCHES,
        handler="apps.payout_batches.tasks.run",
        threads=4,
    ),
    # A payee of a draft has a name: ask the rail whose wallet it is.
    "payout_batch.check_name": Route(
        queue="default",
        source=DUE_NAMES,
        handler="apps.payout_batches.tasks.check_name",
        threads=8,
    ),
    # A payout that had failed was sent after all: so was the line of its batch, or the settlement.
    "payout.succeeded_late": Route(
        queue="default",
        source=OutboxTopic("payout.succeeded_late"),
        handler="apps.settlement.tasks.follow_late_success",
        threads=1,
    ),
    # A merchant's period ends: write its statement, and hold what is paid of it.
    "settlement.close": Route(
        queue="files",
        source=DUE_CYCLES,
        handler="apps.settlement.tasks.close",
        threads=2,
    ),
    # A settlement waits to be paid, or its payout may have ended.
    "settlement.pay": Route(
        queue="default",
        source=DUE_SETTLEMENTS,
        handler="apps.settlement.tasks.pay",
        threads=2,
    ),
    # A merchant's day is over: sum what its balance did.
    "merchant_day.sum": Route(
        queue="files",
        source=DUE_DAYS,
        handler="apps.day_reports.tasks.sum_day",
        threads=2,
    ),
    # A day report is ready: send it to whom it is for.
    "day_report.send": Route(
        queue="files",
        source=DUE_SENDINGS,
        handler="apps.day_reports.tasks.send_report",
        threads=2,
    ),
    # An approved bank file goes to our bank.
    "bank_file.deliver": Route(
        queue="files",
        source=DUE_BANK_FILES,
        handler="apps.bank_doors.tasks.deliver",
        threads=1,
    ),
    # A list of payees came: read it.
    "payout_batch.check": Route(
        queue="files",
        source=OutboxTopic("payout_batch.check"),
        handler="apps.payout_batches.tasks.check",
        threads=2,
    ),
    # A provider is to be asked how much our wallets hold.
    "float.read": Route(
        queue="poll",
        source=DUE_READINGS,
        handler="apps.floats.tasks.read_float",
        threads=2,
    ),
    # A report's hour has come: send it to who wants it.
    "reporting.email": Route(
        queue="default",
        source=OutboxTopic("reporting.email"),
        handler="apps.reporting.tasks.email_report",
        threads=1,
    ),
    # A provider said two things: finance must look.
    "attempt.contradicted": Route(
        queue="default",
        source=OutboxTopic("attempt.contradicted"),
        handler="apps.reconciliation.tasks.open_contradiction",
        threads=2,
    ),
    # A statement was staged: match it with our books.
    "reconciliation.match_statement": Route(
        queue="files",
        source=PROMISED_MATCHINGS,
        handler="apps.reconciliation.tasks.match_statement",
        threads=2,
    ),
    # A provider's folder is to be looked at: fetch what came.
    "statement_source.poll": Route(
        queue="files",
        source=DUE_SOURCES,
        handler="apps.statement_sources.tasks.poll",
        threads=4,
    ),
    # A key pair of ours is wanted: make it, and ask a second person.
    "source_connection.make_key": Route(
        queue="files",
        source=OutboxTopic("source_connection.make_key"),
        handler="apps.statement_sources.tasks.make_our_key",
        threads=1,
    ),
    # A provider's file is here: read it.
    "received_file.read": Route(
        queue="files",
        source=DUE_FILES,
        handler="apps.statement_sources.tasks.read",
        threads=2,
    ),
    # A statement knows more than we do: ask the provider.
    "reconciliation.ask_provider": Route(
        queue="files",
        source=OutboxTopic("reconciliation.ask_provider"),
        handler="apps.reconciliation.tasks.ask_provider",
        threads=4,
    ),
    # Somebody is to be told of an incident.
    "monitoring.notify": Route(
        queue="default",
        source=OutboxTopic("monitoring.notify"),
        handler="apps.monitoring.tasks.notify",
        threads=8,
    ),
    # A ticket's time is nearly used up, or is: warn, or say that the promise is broken.
    "ticket.clock": Route(
        queue="default",
        source=DUE_CLOCKS,
        handler="apps.support_tickets.tasks.look_at_clock",
        threads=2,
    ),
    # Whoever has a ticket is to be told so by e-mail.
    "ticket.tell_staff": Route(
        queue="default",
        source=OutboxTopic("ticket.tell_staff"),
        handler="apps.support_tickets.tasks.tell_staff",
        threads=2,
    ),
}
