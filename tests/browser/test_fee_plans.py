"""A new version of a fee plan, simulated, in both languages and widths."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from apps.fees.models import FeePlan
from tests.browser.conftest import LANGUAGES_OF_WORK
from tests.factories import MerchantFactory, PaymentFactory, charge
from tests.fees.test_admin import LINE, typed

pytestmark = pytest.mark.django_db(transaction=True)


@LANGUAGES_OF_WORK
def test_a_new_version_is_written_and_simulated_with_care(reader, language):
    merchant = MerchantFactory(fee_basis_points=0)
    charge(merchant, fixed=100, fee_min=50, fee_max=2_000)
    PaymentFactory(succeeded=True, merchant=merchant, amount=10_000, fee=100)
    plan = FeePlan.objects.get()
    window = reader(language, User.objects.create_superuser("fanta", password="secret"))

    window.open(reverse("admin:fees_feeplan_change", args=[plan.pk]))
    window.look()
    page = reverse("admin:fees_feeplan_new_version", args=[plan.pk])
    window.open(page)
    window.look()
    window.post(page, typed(LINE))
    window.look()
    window.open(reverse("admin:fees_feeplan_give", args=[plan.pk]))
    window.look(is_first=False)
    held = plan.versions.get()
    plan.versions.update(valid_until=timezone.now() + timedelta(days=9))
    held.refresh_from_db()
    plan.versions.create(
        number=2, valid_from=held.valid_until, lines_digest="", created_at=timezone.now()
    )
    window.open(reverse("admin:fees_feeplan_take_back", args=[plan.pk]))
    window.look(is_first=False)

    assert not window.problems, "\n".join(window.problems)
