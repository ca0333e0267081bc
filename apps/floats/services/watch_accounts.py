from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.core.work.outbox import wake_on_commit
from apps.floats.due_work import TOPIC
from apps.floats.models import FloatWatch
from apps.providers.models import ProviderAccount
from apps.providers.registry import CONNECTORS, reads_balances


@transaction.atomic
def watch_accounts(*, now: datetime) -> int:
    """Begin to read the balance of every active account whose rail tells it; answers how many.

    Safe to repeat, on any number of machines.
    """
    codes = [code for code in CONNECTORS if reads_balances(code)]
    accounts = ProviderAccount.objects.filter(connector__in=codes, is_active=True)
    new = accounts.filter(float_watch=None)
    watches = FloatWatch.objects.bulk_create(
        [FloatWatch(provider_account=account, due_at=now) for account in new],
        ignore_conflicts=True,
    )
    # Those that were closed, and are open again.
    reopened = FloatWatch.objects.filter(provider_account__in=accounts, due_at=None)
    begun = len(watches) + reopened.update(due_at=now)
    if begun:
        wake_on_commit(TOPIC)
    return begun
