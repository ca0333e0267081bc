"""How a batch is sent, in each of its states."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from tests.browser.conftest import LANGUAGES_OF_WORK
from tests.factories import MerchantFactory, PaymentFactory
from tests.payout_batch_runs.conftest import batch_at
from tests.payouts.conftest import account

__all__ = ["account"]
pytestmark = pytest.mark.django_db(transaction=True)
STATES = ("draft", "needs_approval", "scheduled", "running", "paused", "failed")


@LANGUAGES_OF_WORK
def test_the_sending_of_a_batch_is_made_with_care(reader, clock, account, language):
    merchant, now = MerchantFactory(), timezone.now()
    PaymentFactory(merchant=merchant, account=account, amount=50_000, fee=0, succeeded=True)
    batches = [batch_at(status, merchant, now=now) for status in STATES]
    window = reader(language, User.objects.create_superuser("fanta", password="secret"))

    for number, batch in enumerate(batches):
        window.open(reverse("staff-payout-batch", args=[batch.pk]))
        window.look(is_first=number < 2)

    assert not window.problems, "\n".join(window.problems)
