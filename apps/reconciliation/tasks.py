"""The workers' doors: each takes one claimed outbox message."""

from __future__ import annotations

from uuid import UUID

from apps.core import database_clock
from apps.core.outbox import ClaimedMessage
from apps.reconciliation.services import ask_provider as ask
from apps.reconciliation.services import match_statement as matching
from apps.reconciliation.services import open_contradiction as contradiction


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
    """Topic "payment.contradicted"."""
    contradiction.open_contradiction(
        attempt_id=UUID(message.payload["attempt_id"]),
        detail=message.payload["detail"],
        now=database_clock.now(),
    )
