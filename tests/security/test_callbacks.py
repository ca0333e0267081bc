"""Whoever has the token of one attempt's callbacks cannot fill the database with it."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.core.models import OutboxMessage
from apps.providers.models import Callback
from apps.providers.services.store_callback import KEPT_MAX, TOPIC
from apps.vault.tokens import sign_token
from tests.factories import PaymentFactory

pytestmark = pytest.mark.django_db


def test_callbacks_beyond_a_bound_are_counted_and_asked_about_but_not_kept():
    attempt = PaymentFactory(submitted=True).attempts.get()
    address = f"/callbacks/mtn_momo/{sign_token('callback', attempt.pk)}"

    answers = [
        Client().post(address, f'{{"n": {n}}}', content_type="application/json")
        for n in range(KEPT_MAX + 7)
    ]

    assert {answer.status_code for answer in answers} == {200}
    kept = Callback.objects.filter(attempt_id=attempt.pk).order_by("id")
    assert kept.count() == KEPT_MAX
    assert kept.last().more_count == 7
    assert OutboxMessage.objects.filter(topic=TOPIC).count() == KEPT_MAX + 7
