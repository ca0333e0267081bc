from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from apps.core.failpoints import failpoint
from apps.core.work.counted_failures import FAILURE_FIELDS, FAILURE_LENGTH_MAX
from apps.floats.models import FloatReading, FloatWatch
from apps.ledger.selectors.read_clearing import read_clearing
from apps.providers.contract import ConnectorError, ProviderMisbehaved, ReadsBalances, WalletBalance
from apps.providers.models import ProviderAccount
from apps.providers.registry import connector_for

EVERY = timedelta(minutes=10)
# A provider that does not answer is asked again so soon, for as long as it takes: whoever is told
# that nothing was read looks at it.
AGAIN = timedelta(minutes=2)
# An account has a handful.
WALLETS_MAX = 20


def read_float(*, watch_id: UUID, leased_until: datetime, now: datetime) -> None:
    """Ask a provider what our wallets hold, and keep it beside what our books say.

    Safe to repeat and to be killed in: what was not written is asked again. No transaction is held
    across the call.

    Args:
        leased_until: what the claim set `due_at` to: another value says that somebody else is at
            it.
    """
    watch = (
        FloatWatch.objects.select_related("provider_account")
        .filter(pk=watch_id, due_at=leased_until)
        .first()
    )
    if watch is None:
        return
    account = watch.provider_account
    try:
        balances = _ask(account) if account.is_active else None
    except ConnectorError as error:
        _put_off(watch, leased_until, str(error), now)
        return
    if balances is None:
        # A closed account, or a connector that cannot ask any more.
        FloatWatch.objects.filter(pk=watch.pk, due_at=leased_until).update(due_at=None)
        return
    failpoint("floats.read.after_call")
    _keep(watch, leased_until, balances, now)


def _ask(account: ProviderAccount) -> Sequence[WalletBalance] | None:
    connector = connector_for(account)
    if not isinstance(connector, ReadsBalances):
        return None
    if not connection.in_atomic_block:
        # Nobody waits for a provider with a connection in hand.
        connection.close()
    balances = connector.read_balances(account.currency)
    if not 0 < len(balances) <= WALLETS_MAX:
        raise ProviderMisbehaved(f"{len(balances)} wallets")
    return balances


@transaction.atomic
def _keep(
    watch: FloatWatch, leased_until: datetime, balances: Sequence[WalletBalance], now: datetime
) -> None:
    account = watch.provider_account
    watch.forget_failures()
    is_mine = FloatWatch.objects.filter(pk=watch.pk, due_at=leased_until).update(
        due_at=now + EVERY, **{name: getattr(watch, name) for name in FAILURE_FIELDS}
    )
    if not is_mine:
        return
    payers = [one.available for one in balances if one.pays_out]
    FloatReading.objects.create(
        provider_account=account,
        wallets={one.wallet: one.available for one in balances},
        available=sum(one.available for one in balances),
        payable=sum(payers) if payers else None,
        in_books=read_clearing(
            account_id=account.pk, currency=account.currency, livemode=account.livemode
        ),
        read_at=now,
    )


def _put_off(watch: FloatWatch, leased_until: datetime, error: str, now: datetime) -> None:
    FloatWatch.objects.filter(pk=watch.pk, due_at=leased_until).update(
        due_at=now + AGAIN,
        failures=min(watch.failures + 1, 32_000),
        failing_since=watch.failing_since or now,
        failure=error[:FAILURE_LENGTH_MAX],
    )
