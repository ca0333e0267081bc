"""Whoever has the token of one attempt's callbacks cannot fill the database with it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from apps.orchestration.services.handle_callback import ReceivedCallbacks, close_callbacks
from apps.providers.models import Callback
from apps.providers.services.forget_surplus_callbacks import KEPT_MAX
from apps.vault.tokens import sign_token
from tests.factories import PaymentFactory

pytestmark = pytest.mark.django_db


def test_callbacks_beyond_a_bound_are_handled_and_counted_but_not_kept():
    attempt = PaymentFactory(succeeded=True).attempts.get()
    other = PaymentFactory(succeeded=True).attempts.get()
    for one, count in ((attempt, KEPT_MAX + 7), (other, 3)):
        address = f"/callbacks/mtn_momo/{sign_token('callback', one.pk)}"
        for n in range(count):
            body = f'{{"n": {n}}}'
            assert Client().post(address, body, content_type="application/json").status_code == 200

    source, handled = ReceivedCallbacks(), 0
    while opened := source.claim(limit=25, now=timezone.now(), done=[]):
        close_callbacks([(one, None) for one in opened], now=timezone.now())
        source.finish([one.id for one in opened])
        handled += len(opened)

    kept = Callback.objects.filter(attempt_id=attempt.pk).order_by("id")
    assert handled == KEPT_MAX + 10
    assert kept.count() == KEPT_MAX and kept[0].more_count == 7
    assert Callback.objects.filter(attempt_id=other.pk, more_count=0).count() == 3
