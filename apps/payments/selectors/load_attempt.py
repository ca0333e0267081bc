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


def load_attempts(attempt_ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Attempt]:
    """Attempts by id, with their payments and provider accounts; locked if asked, in the order of
    ids, each with its payment. Attempts of one payment share its instance.

    The account may be a second old. One query.
    """
    condition = "a.id = ANY(%s) ORDER BY a.id" + (" FOR UPDATE OF a, p" if lock else "")
    found = {attempt.pk: attempt for attempt in _load(condition, [list(attempt_ids)])}
    payments: dict[UUID, Payment] = {}
    for attempt in found.values():
        attempt.payment = payments.setdefault(attempt.payment_id, attempt.payment)
    return found


def load_attempt(attempt_id: UUID) -> Attempt:
    """One attempt, as `load_attempts` has it.

    Raises:
        Attempt.DoesNotExist: there is none.
    """
    found = load_attempts([attempt_id])
    if not found:
        raise Attempt.DoesNotExist(str(attempt_id))
    return found[attempt_id]


def lock_created(attempt_ids: Collection[UUID]) -> list[Attempt]:
    """Those of these attempts that nobody claimed yet, locked, oldest first. One query.

    A locked row is waited for.
    """
    return _load(
        "a.id = ANY(%s) AND a.status = 'created' ORDER BY a.id FOR UPDATE OF a",
        [list(attempt_ids)],
    )


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
