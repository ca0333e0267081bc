from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.row_mapper import columns, map_row, width
from apps.payments.models import Attempt, Payment
from apps.payments.selectors.choose_due import CHOSEN_TO_SEND, CREATED
from apps.providers.models import ProviderAccount
from apps.providers.selectors.accounts import account_by_id

_LOCKED = "FOR NO KEY UPDATE OF a SKIP LOCKED FOR SHARE OF p SKIP LOCKED"


def load_attempts(attempt_ids: Collection[UUID]) -> dict[UUID, Attempt]:
    """Attempts by id, with their payments and provider accounts, which may be a second old. One
    query. Attempts of one payment share its instance."""
    return _by_id(_load(_select("a.id = ANY(%s) ORDER BY a.id"), [list(attempt_ids)]))


def load_attempt(attempt_id: UUID) -> Attempt:
    """One attempt, as `load_attempts` has it.

    Raises:
        Attempt.DoesNotExist: there is none.
    """
    found = load_attempts([attempt_id])
    if not found:
        raise Attempt.DoesNotExist(str(attempt_id))
    return found[attempt_id]


def lock_with_siblings(attempt_ids: Collection[UUID]) -> dict[UUID, Attempt]:
    """The payments of these attempts, locked, with all their attempts, locked: by id, oldest
    first. Two queries.

    The payments first, then the attempts, each in the order of ids: one order of locks everywhere.
    """
    return _lock("id IN (SELECT payment_id FROM payments_attempt WHERE id = ANY(%s))", attempt_ids)


def lock_payment(payment_id: UUID) -> tuple[Payment, list[Attempt]]:
    """A payment and all its attempts, oldest first, locked as `lock_with_siblings` does.

    Raises:
        Payment.DoesNotExist: there is none.
    """
    attempts = list(_lock("id = ANY(%s)", [payment_id]).values())
    if not attempts:
        return Payment.objects.select_for_update(no_key=True).get(pk=payment_id), []
    return attempts[0].payment, attempts


def lock_due(due: Mapping[str, Any]) -> list[Attempt]:
    """The attempts to send now, locked, with their payments as they are at this moment, which
    nobody ends before this transaction does. One query; `due` is made by due_parameters.

    What somebody else holds is left out: it is due still, and claimed once they have decided.
    """
    return _load(_select_due(), due)


def due_ids(due: Mapping[str, Any]) -> list[UUID]:
    """The attempts to send now, by id alone, none of them locked."""
    with connection.cursor() as cursor:
        cursor.execute(f"{CHOSEN_TO_SEND} SELECT id FROM chosen", due)  # noqa: S608 (ours)
        return [row[0] for row in cursor.fetchall()]


def lock_due_alone(attempt_id: UUID, *, now: datetime) -> list[Attempt]:
    """This one attempt as `lock_due` has it; none if it is not due any more, or held."""
    condition = f"a.id = %(id)s AND {CREATED} AND a.next_check_at <= %(now)s {_LOCKED}"
    return _load(_select(condition), {"id": attempt_id, "now": now})


def _lock(payments: str, ids: Collection[UUID]) -> dict[UUID, Attempt]:
    with connection.cursor() as cursor:
        # Not FOR UPDATE: a claim may write history of the payment meanwhile.
        cursor.execute(
            f"SELECT id FROM payments_payment WHERE {payments} ORDER BY id FOR NO KEY UPDATE",  # noqa: S608
            [list(ids)],
        )
        locked = [row[0] for row in cursor.fetchall()]
    return _by_id(
        _load(_select("a.payment_id = ANY(%s) ORDER BY a.id FOR NO KEY UPDATE OF a"), [locked])
    )


def _by_id(attempts: Sequence[Attempt]) -> dict[UUID, Attempt]:
    payments: dict[UUID, Payment] = {}
    for attempt in attempts:
        attempt.payment = payments.setdefault(attempt.payment_id, attempt.payment)
    return {attempt.pk: attempt for attempt in attempts}


def _load(sql: str, parameters: list[Any] | Mapping[str, Any]) -> list[Attempt]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [_build(row) for row in cursor.fetchall()]


def _build(row: Sequence[Any]) -> Attempt:
    attempt = map_row(Attempt, row[: width(Attempt)])
    attempt.payment = map_row(Payment, row[width(Attempt) :])
    attempt.provider_account = _account(attempt.provider_account_id)
    return attempt


def _account(account_id: UUID) -> ProviderAccount:
    return account_by_id(account_id) or ProviderAccount.objects.get(pk=account_id)


@cache
def _columns() -> str:
    return f"{columns(Attempt, 'a')}, {columns(Payment, 'p')}"


@cache
def _select(condition: str) -> str:
    return (
        f"SELECT {_columns()} FROM payments_attempt a"  # noqa: S608 (our columns)
        f" JOIN payments_payment p ON p.id = a.payment_id WHERE {condition}"
    )


@cache
def _select_due() -> str:
    return (
        f"{CHOSEN_TO_SEND} SELECT {_columns()} FROM chosen c"  # noqa: S608 (our columns)
        " JOIN payments_attempt a ON a.id = c.id JOIN payments_payment p ON p.id = a.payment_id"
        f" {_LOCKED}"
    )
