from __future__ import annotations

from django.utils import timezone

from apps.payments.models import Payment
from tests.statement_sources import rows as sources


def make(payment: Payment) -> None:
    now, account = timezone.now(), payment.attempts.get().provider_account
    sources.new_file(sources.new_source(account, now=now), now=now)
