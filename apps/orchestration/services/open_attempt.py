from __future__ import annotations

import uuid
from datetime import datetime

from apps.core.public_ids import new_id_at
from apps.orchestration.models import Attempt, AttemptStatus, StatusChange
from apps.orchestration.rules.owners import OwnerRow
from apps.orchestration.transitions import move_attempt
from apps.providers.contract import Operation, ReadsStatements
from apps.providers.models import ProviderAccount
from apps.providers.registry import CONNECTORS

TOPIC = "attempt.submit"


def open_attempt(
    *,
    owner_type: str,
    owner: OwnerRow,
    operation: Operation,
    account: ProviderAccount,
    source: str,
    due_at: datetime,
    now: datetime,
    reference: uuid.UUID | None = None,
) -> tuple[Attempt, StatusChange]:
    """An attempt of this owner at this account, to be sent at `due_at`, and its birth.

    Unsaved: the caller inserts them with what else changes, and wakes TOPIC. The attempt is its
    own queue. The reference is a UUIDv4 fixed here, before any call: MTN takes nothing else.

    Args:
        reference: made of what is ordered (rules/order_reference.py); None for one of chance.
    """
    reference = reference or uuid.uuid4()
    attempt = Attempt(
        # By the clock of created_at: attempts of one owner are read in the order of their ids.
        id=new_id_at(now),
        owner_type=owner_type,
        owner_id=owner.pk,
        operation=operation.value,
        amount=owner.amount,
        currency=owner.currency,
        provider_account_id=account.pk,
        reference=reference,
        statement_reference=statement_reference(account, reference),
        status="",
        next_check_at=due_at,
        created_at=now,
    )
    change = move_attempt(attempt, AttemptStatus.CREATED, source=source, now=now)
    return attempt, change


def statement_reference(account: ProviderAccount, reference: uuid.UUID) -> str:
    """Our reference as this account's statements write it."""
    connector = CONNECTORS[account.connector][1]
    if issubclass(connector, ReadsStatements):
        return str(connector.statement_reference(reference))
    return str(reference)
