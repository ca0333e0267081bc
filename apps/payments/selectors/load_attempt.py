from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.fast_rows import build, columns, width
from apps.payments.models import Attempt, Payment
from apps.providers.models import ProviderAccount
from apps.providers.routing import account_by_id


def load_attempts(attempt_ids: Collection[UUID]) -> dict[UUID, Attempt]:
    """Attempts by id, with their payments and provider accounts, which may be a second old. One
    query. Attempts of one payment share its instance."""
    return _by_id(_load("a.id = ANY(%s) ORDER BY a.id", [list(attempt_ids)]))


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


def _lock(payments: str, ids: Collection[UUID]) -> dict[UUID, Attempt]:
    with connection.cursor() as cursor:
        # Not FOR UPDATE: a claim may write history of the payment meanwhile.
        cursor.execute(
            f"SELECT id FROM payments_payment WHERE {payments} ORDER BY id FOR NO KEY UPDATE",  # noqa: S608
            [list(ids)],
        )
        locked = [row[0] for row in cursor.fetchall()]
    return _by_id(_load("a.payment_id = ANY(%s) ORDER BY a.id FOR NO KEY UPDATE OF a", [locked]))


def lock_created(attempt_ids: Collection[UUID]) -> list[Attempt]:
    """Those of these attempts that nobody claimed yet, locked, oldest first. One query.

    A locked row is waited for.
    """
    return _load(
        "a.id = ANY(%s) AND a.status = 'created' ORDER BY a.id FOR UPDATE OF a",
        [list(attempt_ids)],
    )


def _by_id(attempts: Sequence[Attempt]) -> dict[UUID, Attempt]:
    payments: dict[UUID, Payment] = {}
    for attempt in attempts:
        attempt.payment = payments.setdefault(attempt.payment_id, attempt.payment)
    return {attempt.pk: attempt for attempt in attempts}


def _load(condition: str, parameters: list[Any]) -> list[Attempt]:
    with connection.cursor() as cursor:
        cursor.execute(_select() + condition, parameters)
        return [_build(row) for row in cursor.fetchall()]


def _build(row: Sequence[Any]) -> Attempt:
    attempt = build(Attempt, row[: width(Attempt)])
    attempt.payment = build(Payment, row[width(Attempt) :])
    attempt.provider_account = _account(attempt.provider_account_id)
    return attempt


def _account(account_id: UUID) -> ProviderAccount:
    return account_by_id(account_id) or ProviderAccount.objects.get(pk=account_id)


@cache
def _select() -> str:
    return (
        f"SELECT {columns(Attempt, 'a')}, {columns(Payment, 'p')}"  # noqa: S608 (our columns)
        " FROM payments_attempt a JOIN payments_payment p ON p.id = a.payment_id WHERE "
    )
