"""The night's alert: seen on the wall, taken, written about; and what the world is shown of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.core.ttl_cache import clear_all
from apps.monitoring.models import AlertChannel, Incident
from apps.monitoring.services.look_around import look_around
from apps.providers.models import ProviderAccount
from tests.browser.conftest import LANGUAGES_OF_WORK
from tests.monitoring.rows import make_account, make_minutes, make_past
from tests.sign_in.conftest import make_staff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def night():
    """A rail that is well and one that fails, and the incident of it."""
    now = timezone.now().replace(second=30, microsecond=0)
    AlertChannel.objects.create(
        name="Night", kind="slack", address_encrypted=b"", created_at=now, is_enabled=True
    )
    ill, well = make_account(label="MTN CM"), make_account(label="MTN CI", country="CI")
    for account in (ill, well):
        make_past(account, now)
        make_minutes(account, now - timedelta(minutes=61), 60)
    make_minutes(well, now - timedelta(minutes=1), 2)
    make_minutes(ill, now - timedelta(minutes=1), 2, succeeded=0, failed_rail=86)
    look_around(now=now)
    clear_all()
    return Incident.objects.get(key="provider:mtn_momo")


def heal(night):
    """The rail is well again, for as long as it takes to be believed."""
    begin = night.last_seen_at
    for account in ProviderAccount.objects.all():
        make_minutes(account, begin + timedelta(minutes=1), 40)
    for minutes in (21, 31):
        look_around(now=begin + timedelta(minutes=minutes))
    clear_all()


@LANGUAGES_OF_WORK
def test_the_nights_alert_is_made_with_care(reader, night, language):
    window = reader(language, make_staff("boss", is_superuser=True))

    for address in (
        reverse("admin:monitoring_control_room"),
        reverse("admin:monitoring_incident_change", args=[night.pk]),
        f"{reverse('admin:monitoring_runbook')}#{night.rule}",
    ):
        window.open(address)
        window.look()

    assert not window.problems, "\n".join(window.problems)


@LANGUAGES_OF_WORK
def test_the_nights_alert_from_the_telephone_to_the_post_mortem(reader, night, language):
    """As whoever was woken does it, on a small screen."""
    window = reader(language, make_staff("boss", is_superuser=True))
    page = window.page
    page.set_viewport_size({"width": 360, "height": 800})
    window.open(f"{reverse('admin:monitoring_control_room')}?mode=live&still=1")
    page.click(".lomi-incident a")
    window.press("button[value=take]")
    assert page.locator("button[value=take]").count() == 0
    page.click(".lomi-head a.lomi-button")
    page.wait_for_url(f"**#{night.rule}")
    assert page.locator(f"#{night.rule}").is_visible()
    page.go_back()

    heal(night)
    page.reload()
    window.press("button[value=post_mortem]")
    page.fill("textarea[name=text]", "Le certificat avait pris fin.")
    window.look()
    window.press(".lomi-button-first")
    window.look(is_first=False)

    night.refresh_from_db()
    assert night.acknowledged_by.username == "boss"
    assert night.resolved_at
    assert night.post_mortem == "Le certificat avait pris fin."
    assert "Le certificat avait pris fin." in page.inner_text("#content")
    assert not window.problems, "\n".join(window.problems)


@LANGUAGES_OF_WORK
def test_the_status_page_is_made_with_care(reader, night, language):
    window = reader(language)

    window.open("/status")
    window.look()

    assert not window.problems, "\n".join(window.problems)
