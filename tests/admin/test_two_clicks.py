"""Two clicks at the same moment make one row, and the second says that it is there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.fees.admin.plans import FeePlanAdmin
from apps.fees.models import FeePlan

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_second_of_two_clicks_is_told_what_is_there(monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("awa"))
    both, save = Barrier(2), FeePlanAdmin.save_model

    def save_with_the_other(self, *args, **more):
        # Both have looked whether it is there by now.
        with suppress(BrokenBarrierError):
            both.wait(timeout=0.5)
        save(self, *args, **more)

    monkeypatch.setattr(FeePlanAdmin, "save_model", save_with_the_other)

    def click(_which):
        try:
            return client.post(
                reverse("admin:fees_feeplan_add"),
                {"name": "Shops", "currency": "XAF", "provider_account": ""},
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        told, made = sorted(pool.map(click, range(2)), key=lambda answer: answer.status_code)

    assert (told.status_code, made.status_code) == (200, 302)
    assert list(told.context["adminform"].form.errors) == ["name"]
    assert FeePlan.objects.count() == 1
