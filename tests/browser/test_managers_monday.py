"""A manager's Monday: the week's report by e-mail, why success fell, the payments, the file."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from apps.core.hours import hour_of
from apps.core.work.worker_loop import run_worker_loop
from apps.reporting.models import ReportSchedule
from apps.reporting.services.count_hour import count_hour
from apps.reporting.services.promise_due_reports import promise_due_reports
from tests.browser.conftest import LANGUAGES_OF_WORK
from tests.factories import MerchantFactory, PaymentFactory, ProviderAccountFactory
from tests.sign_in.conftest import PASSWORD, code_of, give_authenticator, make_staff

pytestmark = pytest.mark.django_db(transaction=True)

# By fewer of each kind a fall says nothing.
COUNT = 26
WHY = {
    "fr": "La réussite est passée de 100,0 % à 50,0 %.",
    "en": "Success fell from 100.0 % to 50.0 %.",
}
REASON = {
    "fr": "Le payeur a refusé.",
    "en": "The payer declined.",
}


@pytest.fixture
def manager():
    user = make_staff("awa", email="awa@lomi.example")
    group = Group.objects.create(name="Managers")
    group.permissions.set(
        Permission.objects.filter(codename__in=["view_reportedhour", "view_payment"])
    )
    user.groups.add(group)
    return user


def a_week_in_which_orange_fell(manager, language):
    """And the one before, and the e-mail of Monday."""
    now = timezone.now()
    monday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=now.weekday())
    of = {"merchant": MerchantFactory(name="Boutique d’Awa"), "account": ProviderAccountFactory()}
    for days, orange in ((10, {"succeeded": True}), (3, {"failed": True})):
        at = monday - timedelta(days=days)
        for operator, end in (("mtn", {"succeeded": True}), ("orange", orange)):
            PaymentFactory.create_batch(COUNT, created_at=at, operator=operator, **end, **of)
        count_hour(hour_of(at), now=now)
    ReportSchedule.objects.create(
        user=manager, cadence="weekly", hour=0, timezone="Africa/Dakar", language=language,
        livemode=False, next_at=monday,
    )  # fmt: skip
    promise_due_reports(now=now)
    run_worker_loop("reporting.email")
    (email,) = mail.outbox
    return email


@LANGUAGES_OF_WORK
def test_from_the_email_to_why_to_the_payments_to_the_file(reader, manager, language):
    secret = give_authenticator(manager)
    window = reader(language)
    email = a_week_in_which_orange_fell(manager, language)
    (address,) = re.findall(r"http\S+", email.body)

    window.open(address)
    window.page.fill("[name=username]", manager.username)
    window.page.fill("[name=password]", PASSWORD)
    window.press("form button")
    window.page.fill("[name=code]", code_of(secret))
    window.press("form:has([name=code]) button")
    assert window.page.url == address
    text = window.page.inner_text("#content").replace("\u202f", " ").replace("\xa0", " ")
    assert WHY[language] in text
    assert "Orange" in text
    window.look()

    window.page.click(f"a:has-text('{REASON[language]}')")
    window.page.wait_for_url(f"**{reverse('admin:payments_payment_changelist')}**")
    window.look()
    assert window.page.locator("#result_list tbody").count() == COUNT

    window.page.go_back()
    with window.page.expect_download() as file:
        window.page.click("a[download]:has-text('CSV')")
    assert file.value.suggested_filename.endswith(".csv")
    assert not window.problems, "\n".join(window.problems)
