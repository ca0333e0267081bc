from __future__ import annotations

from django.utils import timezone

from apps.floats.models import FloatWatch
from tests.core.poison.case import topic, unreadable_credentials
from tests.fakes import open_account


@topic("float.read", spoils=("credentials",))
def read(world, spoilt):
    # A closed account is asked nothing, and no longer waits.
    account = unreadable_credentials() if spoilt else open_account(is_active=False)
    watch = FloatWatch.objects.create(provider_account=account, due_at=timezone.now())
    return lambda: FloatWatch.objects.get(pk=watch.pk).due_at is None
