from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.fast_rows import build, columns, width
from apps.payments.models import Attempt, Payment
from apps.payments.selectors.choose_due import CHOSEN_TO_SEND
from apps.providers.models import ProviderAccount
from apps.providers.routing import account_by_id


def load_attempts(attempt_ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Attempt]:
    """Attempts by id, with their payments and provider accounts; locked if asked, in the order of
    ids, each with its payment. Attempts of one payment share its instance.

    The account may be a second old. One query.
    """
    condition = "a.id = ANY(%s) ORDER BY a.id" + (" FOR UPDATE OF a, p" if lock else "")
    found = {attempt.pk: attempt for attempt in _load(_select(condition), [list(attempt_ids)])}
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


def lock_due(due: Mapping[str, Any]) -> list[Attempt]:
    """The attempts to send now, locked, with their payments as they are at this moment, which
    nobody ends before this transaction does. One query; `due` is made by due_parameters.

    What somebody else holds is left out: it is due still, and claimed once they have decided.
    """
    return _load(_select_due(), due)


def _load(sql: str, parameters: list[Any] | Mapping[str, Any]) -> list[Attempt]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [_build(row) for row in cursor.fetchall()]


def _build(row: Sequence[Any]) -> Attempt:
    attempt = build(Attempt, row[: width(Attempt)])
    attempt.payment = build(Payment, row[width(Attempt) :])
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
        " FOR NO KEY UPDATE OF a SKIP LOCKED FOR SHARE OF p SKIP LOCKED"
    )
