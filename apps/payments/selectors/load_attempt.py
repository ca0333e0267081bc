from __future__ import annotations

from functools import cache
from uuid import UUID

from django.db import connection

from apps.core.fast_rows import build, columns, width
from apps.payments.models import Attempt, Payment
from apps.providers.models import ProviderAccount
from apps.providers.routing import account_by_id


def load_attempt(attempt_id: UUID, *, lock: bool = False) -> Attempt:
    """An attempt with its payment and provider account; locked with its payment if asked.

    The account may be a second old. One query.

    Raises:
        Attempt.DoesNotExist: there is none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_sql(lock), [attempt_id])
        row = cursor.fetchone()
    if row is None:
        raise Attempt.DoesNotExist(str(attempt_id))
    attempt = build(Attempt, row[: width(Attempt)])
    attempt.payment = build(Payment, row[width(Attempt) :])
    attempt.provider_account = _account(attempt.provider_account_id)
    return attempt


def _account(account_id: UUID) -> ProviderAccount:
    return account_by_id(account_id) or ProviderAccount.objects.get(pk=account_id)


@cache
def _sql(lock: bool) -> str:
    sql = (
        f"SELECT {columns(Attempt, 'a')}, {columns(Payment, 'p')}"  # noqa: S608 (our columns)
        " FROM payments_attempt a JOIN payments_payment p ON p.id = a.payment_id"
        " WHERE a.id = %s"
    )
    return f"{sql} FOR UPDATE OF a, p" if lock else sql
