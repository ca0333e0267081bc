"""Whose instructions the engine carries out, and what it asks of them.

The engine knows an owner by the name of its type alone; config/attempt_owners.py says who answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db.models import Model
from django.utils.module_loading import import_string

from apps.orchestration.models import Attempt
from apps.providers.contract import Operation, OperationRequest
from apps.providers.models import ProviderAccount

# Type and id of an owner.
OwnerKey = tuple[str, UUID]


class Lock(StrEnum):
    """How rows of owners are read. SKIP: what somebody changes at this moment is left out."""

    NONE = ""
    # Not FOR UPDATE: a claim holds them FOR SHARE.
    WAIT = "FOR NO KEY UPDATE"
    SKIP = "FOR SHARE SKIP LOCKED"


class OwnerRow(Protocol):
    """What the engine reads of a payment, a refund, a payout. `amount` in minor units."""

    pk: Any
    merchant_id: Any
    livemode: Any
    amount: Any
    currency: Any
    status: Any
    failure_code: Any
    sequence: Any
    created_at: Any
    completed_at: Any

    @property
    def public_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Instruction:
    """What the engine adds to every request. `not_after`: see CollectRequest."""

    attempt: Attempt
    callback_url: str
    not_after: datetime


@dataclass(slots=True)
class Case:
    """An owner with all its attempts, oldest first, all of them locked.

    `source` is who brought the last reply; `next_action` what the payer has to do by it;
    `is_repair` says that two people decided it, who may do what the tables keep for them.
    """

    owner_type: str
    row: Any
    attempts: list[Attempt]
    source: str = ""
    next_action: dict[str, str] | None = None
    is_repair: bool = False


@dataclass(slots=True)
class Writes:
    """Rows to insert, and the fields to write of rows that are there. What did not change is not
    among them."""

    inserts: list[Model] = field(default_factory=list)
    updates: dict[Model, tuple[str, ...]] = field(default_factory=dict)

    def update(self, row: Model, fields: Iterable[str]) -> None:
        self.updates[row] = tuple(dict.fromkeys((*self.updates.get(row, ()), *fields)))

    def add(self, other: Writes) -> None:
        self.inserts += other.inserts
        for row, fields in other.updates.items():
            self.update(row, fields)


class Owner(Protocol):
    """One type of owner. Without state; each method serves a whole batch or touches no database."""

    owner_type: str
    # Of its public ids, and of its page for staff.
    prefix: str
    admin_page: str

    def load(self, ids: Collection[UUID], *, lock: Lock = Lock.NONE) -> Mapping[UUID, Any]:
        """The rows, one query, in the order of ids."""
        ...

    def belongs_to(self, row: Any) -> Collection[OwnerKey]:
        """What `settle` may change besides this row: locked with it, of a type that comes later."""
        ...

    def refusal(self, row: Any, attempt: Attempt, *, now: datetime) -> str:
        """Why this may not be sent (or sent again); "" if it may. It is kept in the history."""
        ...

    def request_for(self, row: Any, instruction: Instruction) -> OperationRequest:
        """What the connector is given. Raises ConnectorError for what it cannot be given."""
        ...

    def counterparty(self, row: Any, attempt: Attempt | None = None) -> str:
        """The number that is asked or paid, decrypted; of an attempt the one that it asked or
        paid, "" where that is not kept."""
        ...

    def collected_reference(self, row: Any) -> UUID | None:
        """Of what gives money back, the reference that collected it."""
        ...

    def ways(self, row: Any) -> Mapping[Operation, UUID | None]:
        """By what it may be carried out, whatever was chosen, each with the only account that can;
        None: any that serves it."""
        ...

    def went_by(self, row: Any, operation: Operation, account: ProviderAccount) -> tuple[str, ...]:
        """Note in the row by what it went, other than was chosen; returns the fields."""
        ...

    def settle(self, cases: Sequence[Case], *, now: datetime) -> Writes:
        """What comes of these replies: status, ledger, event, another attempt. No query a case."""
        ...

    def end_refused(self, ids: Collection[UUID], *, now: datetime) -> None:
        """The last attempt of these was refused and closed unsent: end what has none left."""
        ...


@cache
def attempt_owners() -> Mapping[str, Owner]:
    """All types of owners, in the order in which their rows are locked."""
    return import_string(settings.ATTEMPT_OWNERS)  # type: ignore[no-any-return]


@cache
def attemptless_owners() -> Sequence[str]:
    """Types of rows whose moves the history has, and that no instruction is for."""
    return import_string(settings.ATTEMPTLESS_OWNERS)  # type: ignore[no-any-return]


def owner_of(owner_type: str) -> Owner:
    return attempt_owners()[owner_type]


def operation_of(attempt: Attempt) -> Operation:
    return Operation(attempt.operation)
