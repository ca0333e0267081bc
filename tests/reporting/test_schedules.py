"""Reports by e-mail: once a period, of what the person may see, in her language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.test import Client
from django.urls import reverse

from apps.core.hours import HOUR, hour_of
from apps.core.models import OutboxMessage
from apps.core.work.worker_loop import run_worker_loop
from apps.reporting.models import ReportSchedule, StaffScope
from apps.reporting.rules.schedule import next_due, reported_period
from apps.reporting.services.count_hour import count_hour
from apps.reporting.services.promise_due_reports import promise_due_reports
from tests.access.two_people import approve
from tests.factories import PaymentFactory

pytestmark = pytest.mark.django_db(transaction=True)

MONDAY = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
DAILY, WEEKLY, MONTHLY = ReportSchedule.Cadence.values


def schedule(cadence=DAILY, **fields):
    return ReportSchedule(
        **{"cadence": cadence, "hour": 7, "timezone": "Africa/Douala", "next_at": MONDAY, **fields}
    )


@pytest.mark.parametrize(
    ("cadence", "due", "begin", "end"),
    [
        # Seven in Douala is six in UTC.
        (DAILY, "2026-03-10T06:00", "2026-03-07T23:00", "2026-03-08T23:00"),
        (WEEKLY, "2026-03-16T06:00", "2026-03-01T23:00", "2026-03-08T23:00"),
        (MONTHLY, "2026-04-01T06:00", "2026-01-31T23:00", "2026-02-28T23:00"),
    ],
)
def test_each_is_due_after_its_last_whole_period(cadence, due, begin, end):
    one = schedule(cadence)
    period = reported_period(one, due=MONDAY)

    assert f"{next_due(one, after=MONDAY).astimezone(UTC):%Y-%m-%dT%H:%M}" == due
    assert f"{period.begin:%Y-%m-%dT%H:%M}" == begin
    assert f"{period.end:%Y-%m-%dT%H:%M}" == end


@pytest.fixture
def manager(db):
    user = User.objects.create_user("awa", "awa@lomi.example", is_staff=True)
    group = Group.objects.create(name="Managers")
    group.permissions.add(Permission.objects.get(codename="view_reportedhour"))
    user.groups.add(group)
    return user


@pytest.fixture
def wanted(manager, clock):
    clock.now = MONDAY
    one = schedule(user=manager, livemode=False, next_at=MONDAY - HOUR)
    one.save()
    at = MONDAY - timedelta(days=1)
    for country in ("CM", "SN"):
        PaymentFactory(created_at=at, succeeded=True, country=country)
    count_hour(hour_of(at), now=MONDAY)
    return one


def test_it_is_sent_once_with_its_figures_as_a_file(wanted):
    assert promise_due_reports(now=MONDAY) == 1
    assert promise_due_reports(now=MONDAY) == 0
    run_worker_loop("reporting.email")
    run_worker_loop("reporting.email")

    (email,) = mail.outbox
    assert email.to == ["awa@lomi.example"]
    assert email.subject == "Chiffres du 8 mars 2026 (test)"
    assert "Paiements\u202f: 2 (avant\u202f: 0)" in email.body
    [(name, content, _type)] = email.attachments
    assert name.endswith(".csv")
    assert "collect,XAF,mtn_momo,CM,mtn,1" in content


def test_it_leads_to_the_page_of_the_same_days_on_the_hosts_of_staff(wanted, settings):
    settings.ADMIN_HOST = "staff.lomi.example"
    ReportSchedule.objects.update(country="SN")
    promise_due_reports(now=MONDAY)
    run_worker_loop("reporting.email")

    (email,) = mail.outbox
    page = "https://staff.lomi.example/admin/reporting/reportedhour/"
    assert f"{page}?mode=test&first=2026-03-08&last=2026-03-08&country=SN\n" in email.body


def test_in_english_for_who_reads_english(wanted):
    ReportSchedule.objects.update(language="en")
    promise_due_reports(now=MONDAY)
    run_worker_loop("reporting.email")

    (email,) = mail.outbox
    assert email.subject == "Figures of 8 March 2026 (test)"
    assert "Payments: 2 (before: 0)\n  success: 100.0 %" in email.body


def test_what_an_outage_left_out_is_sent_once(wanted):
    later = MONDAY + timedelta(days=5)

    assert promise_due_reports(now=later) == 1
    assert promise_due_reports(now=later) == 0
    [message] = OutboxMessage.objects.filter(topic="reporting.email")
    assert message.payload["begin"] == "2026-03-12T23:00:00+00:00"
    wanted.refresh_from_db()
    assert wanted.next_at == datetime(2026, 3, 15, 6, tzinfo=UTC)


def test_it_has_what_the_person_may_see_when_it_is_sent(wanted, manager):
    StaffScope.objects.create(group=manager.groups.get(), countries=["SN"])
    promise_due_reports(now=MONDAY)
    run_worker_loop("reporting.email")

    (email,) = mail.outbox
    [(_name, content, _type)] = email.attachments
    assert ",SN," in content
    assert ",CM," not in content


@pytest.mark.parametrize("why", ["left", "no permission", "no address", "deleted"])
def test_who_may_no_longer_see_reports_is_sent_none(wanted, manager, why):
    promise_due_reports(now=MONDAY)
    if why == "left":
        User.objects.filter(pk=manager.pk).update(is_active=False)
    elif why == "no permission":
        manager.groups.clear()
    elif why == "no address":
        User.objects.filter(pk=manager.pk).update(email="")
    else:
        ReportSchedule.objects.all().delete()
    run_worker_loop("reporting.email")

    assert mail.outbox == []
    assert not OutboxMessage.objects.filter(topic="reporting.email").exists()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"country": "Cameroon"}, "country"),
        ({"country": "C1"}, "country"),
        ({"provider": "mtn"}, "provider"),
        ({"timezone": "Africa/Nowhere"}, "timezone"),
        ({"hour": "24"}, "hour"),
        ({"country": " cm ", "provider": "mtn_momo"}, ""),
    ],
)
def test_what_would_be_sent_without_figures_is_refused(manager, fields, wrong):
    client = Client()
    client.force_login(User.objects.create_superuser("chief"))
    form = {
        "user": manager.pk, "cadence": "daily", "hour": "7", "timezone": "Africa/Dakar",
        "language": "fr", "livemode": "on", "country": "", "provider": "", **fields,
    }  # fmt: skip

    answer = client.post(reverse("admin:reporting_reportschedule_add"), form)

    if wrong:
        assert answer.context["adminform"].form.errors.keys() == {wrong}
    else:
        assert ReportSchedule.objects.get().country == "CM"


def test_a_roles_countries_are_countries(db):
    client, group = Client(), Group.objects.create(name="Managers of Cameroon")
    client.force_login(User.objects.create_superuser("chief"))
    add = reverse("admin:reporting_staffscope_add")

    said = {"group": group.pk, "reason": "Her country."}
    answer = client.post(add, {**said, "countries": "cm, Ivory Coast"})
    assert answer.context["form"].errors.keys() == {"countries"}
    client.post(add, {**said, "countries": "cm, CI"})
    approve(User.objects.create_superuser("another"))

    assert StaffScope.objects.get().countries == ["CI", "CM"]
