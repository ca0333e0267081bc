from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.row_mapper import columns, map_row
from apps.orchestration.models import Attempt
from apps.orchestration.rules.owners import Case, Lock, OwnerKey, attempt_owners, owner_of
from apps.orchestration.selectors.choose_due import CHOSEN_TO_SEND, TO_SEND
from apps.providers.models import ProviderAccount
from apps.providers.selectors.accounts import account_by_id

logger = logging.getLogger(__name__)

_LOCKED = "FOR NO KEY UPDATE OF a SKIP LOCKED"


def load_attempts(attempt_ids: Collection[UUID]) -> dict[UUID, Attempt]:
    """Attempts by id, with their owners and provider accounts, which may be a second old. One
    query, and one for each type of owner. Attempts of one owner share its instance."""
    attempts = _load(_select("a.id = ANY(%s) ORDER BY a.id"), [list(attempt_ids)])
    return {attempt.pk: attempt for attempt in with_owners(attempts)}


def load_attempt(attempt_id: UUID) -> Attempt:
    """One attempt, as `load_attempts` has it.

    Raises:
        Attempt.DoesNotExist: there is none.
    """
    found = load_attempts([attempt_id])
    if not found:
        raise Attempt.DoesNotExist(str(attempt_id))
    return found[attempt_id]


def attempts_of(owner_id: UUID) -> list[Attempt]:
    """All attempts of an owner, oldest first, with their accounts. One query."""
    return _load(_select("a.payment_id = %s ORDER BY a.id"), [owner_id])


def owner_key(attempt_id: UUID) -> OwnerKey:
    """Whose attempt this is.

    Raises:
        Attempt.DoesNotExist: there is none.
    """
    key: OwnerKey = Attempt.objects.values_list("owner_type", "owner_id").get(pk=attempt_id)
    return key


def lock_cases(keys: Iterable[OwnerKey]) -> list[Case]:
    """These owners, locked, with all their attempts, locked, oldest first. What they belong to is
    locked too. One query for each type of owner, and one for the attempts.

    One order of locks everywhere: owners by type, as config/attempt_owners.py has them, and by id,
    whether they are asked for or another belongs to them; then attempts by id.
    """
    wanted = set(keys)
    to_lock: dict[str, set[UUID]] = {}
    for owner_type, owner_id in wanted:
        to_lock.setdefault(owner_type, set()).add(owner_id)
    cases: dict[UUID, Case] = {}
    for owner_type, owner in attempt_owners().items():
        if owner_type not in to_lock:
            continue
        for pk, row in owner.load(to_lock[owner_type], lock=Lock.WAIT).items():
            if (owner_type, pk) in wanted:
                cases[pk] = Case(owner_type, row, [])
                for above_type, above_id in owner.belongs_to(row):
                    to_lock.setdefault(above_type, set()).add(above_id)
    attempts = _load(
        _select("a.payment_id = ANY(%s) ORDER BY a.id FOR NO KEY UPDATE OF a"), [list(cases)]
    )
    for attempt in attempts:
        case = cases[attempt.owner_id]
        attempt.owner = case.row
        case.attempts.append(attempt)
    return list(cases.values())


def lock_case_of(attempt_id: UUID) -> tuple[Case, Attempt]:
    """The case of one attempt, locked as `lock_cases` does, and the attempt.

    Raises:
        Attempt.DoesNotExist: there is none.
    """
    for case in lock_cases([owner_key(attempt_id)]):
        for attempt in case.attempts:
            if attempt.pk == attempt_id:
                return case, attempt
    raise Attempt.DoesNotExist(str(attempt_id))


def lock_due(due: Mapping[str, Any]) -> list[Attempt]:
    """The attempts to send now, locked, with their owners as they are at this moment. One query,
    and one for each type of owner; `due` is made by due_parameters.

    Nobody ends these owners before this transaction ends. What somebody else holds is left out: it
    is due still, and claimed once they have decided.
    """
    return with_owners(_load(_select_due(), due), lock=Lock.SKIP)


def due_ids(due: Mapping[str, Any]) -> list[UUID]:
    """The attempts to send now, by id alone, none of them locked."""
    with connection.cursor() as cursor:
        cursor.execute(f"{CHOSEN_TO_SEND} SELECT id FROM chosen", due)  # noqa: S608 (ours)
        return [row[0] for row in cursor.fetchall()]


def lock_due_alone(attempt_id: UUID, *, now: datetime) -> list[Attempt]:
    """This one attempt as `lock_due` has it; none if it is not due any more, or held."""
    condition = f"a.id = %(id)s AND {TO_SEND.is_due} {_LOCKED}"
    return with_owners(_load(_select(condition), {"id": attempt_id, "now": now}), lock=Lock.SKIP)


def with_owners(attempts: Sequence[Attempt], *, lock: Lock = Lock.NONE) -> list[Attempt]:
    """These with their owners, read as `lock` says; without those whose owner is left out by it.

    What has no owner any more is a matter for the checker of the books.
    """
    wanted: dict[str, set[UUID]] = {}
    for attempt in attempts:
        wanted.setdefault(attempt.owner_type, set()).add(attempt.owner_id)
    rows: dict[UUID, Any] = {}
    for owner_type, ids in wanted.items():
        rows.update(owner_of(owner_type).load(ids, lock=lock))
    found = []
    for attempt in attempts:
        if attempt.owner_id in rows:
            attempt.owner = rows[attempt.owner_id]
            found.append(attempt)
        elif lock is not Lock.SKIP:
            logger.error("attempt without an owner", extra={"attempt_id": str(attempt.pk)})
    return found


def _load(sql: str, parameters: list[Any] | Mapping[str, Any]) -> list[Attempt]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [_build(row) for row in cursor.fetchall()]


def _build(row: Sequence[Any]) -> Attempt:
    attempt = map_row(Attempt, row)
    attempt.provider_account = _account(attempt.provider_account_id)
    return attempt


def _account(account_id: UUID) -> ProviderAccount:
    return account_by_id(account_id) or ProviderAccount.objects.get(pk=account_id)


@cache
def _select(condition: str) -> str:
    # Our own columns.
    return f"SELECT {columns(Attempt, 'a')} FROM payments_attempt a WHERE {condition}"  # noqa: S608


@cache
def _select_due() -> str:
    return (
        f"{CHOSEN_TO_SEND} SELECT {columns(Attempt, 'a')} FROM chosen c"  # noqa: S608 (our columns)
        f" JOIN payments_attempt a ON a.id = c.id {_LOCKED}"
    )
