"""The workers' doors: a topic's takes one claimed outbox message, the clock's takes nothing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from celery import shared_task

from apps.core import database_clock
from apps.core.work.outbox import ClaimedMessage
from apps.reconciliation.services import ask_provider as ask
from apps.reconciliation.services import match_statement as matching
from apps.reconciliation.services import open_contradiction as contradiction
from apps.reconciliation.services.count_changed_statements import count_changed_statements
from apps.reconciliation.services.open_missing_statements import open_missing_statements


def match_statement(message: ClaimedMessage) -> None:
    """Topic "reconciliation.match_statement"."""
    statement_id = UUID(message.payload["statement_id"])
    matching.match_statement(statement_id=statement_id, now=database_clock.now())


def ask_provider(message: ClaimedMessage) -> None:
    """Topic "reconciliation.ask_provider"."""
    ask.ask_provider(
        attempt_id=UUID(message.payload["attempt_id"]),
        discrepancy_id=UUID(message.payload["discrepancy_id"]),
        now=database_clock.now(),
    )


def open_contradiction(message: ClaimedMessage) -> None:
    """Topic "attempt.contradicted"."""
    now = database_clock.now()
    # One of a release before does not say when.
    contradicted_at = datetime.fromisoformat(
        message.payload.get("contradicted_at", now.isoformat())
    )
    contradiction.open_contradiction(
        attempt_id=UUID(message.payload["attempt_id"]),
        detail=message.payload["detail"],
        contradicted_at=contradicted_at,
        now=now,
    )


@shared_task(name="reconciliation.open_missing_statements")
def open_missing_statements_task() -> None:
    open_missing_statements(now=database_clock.now())


@shared_task(name="reconciliation.count_changed_statements")
def count_changed_statements_task() -> None:
    count_changed_statements(now=database_clock.now())
