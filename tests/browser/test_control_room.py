"""The night's alert: seen on the wall, taken, written about; and what the world is shown of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.core.ttl_cache import clear_all
from apps.monitoring.models import AlertChannel, Incident
from apps.monitoring.services.look_around import look_around
from tests.browser.conftest import LANGUAGES
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


@LANGUAGES
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


@LANGUAGES
def test_it_is_taken_and_written_about_with_a_click_each(reader, night, language):
    window = reader(language, make_staff("boss", is_superuser=True))
    window.open(reverse("admin:monitoring_incident_change", args=[night.pk]))

    window.page.click("button[value=take]")
    window.page.wait_for_selector("button[value=post_mortem]")
    window.page.click("button[value=post_mortem]")
    window.page.fill("textarea[name=text]", "The provider’s certificate had ended.")
    window.look()
    window.page.click(".lomi-button-first")
    window.page.wait_for_selector("button[value=post_mortem]")

    night.refresh_from_db()
    assert night.acknowledged_by.username == "boss"
    assert night.post_mortem == "The provider’s certificate had ended."
    assert not window.problems, "\n".join(window.problems)


@LANGUAGES
def test_the_status_page_is_made_with_care(reader, night, language):
    window = reader(language)

    window.open("/status")
    window.look()

    assert not window.problems, "\n".join(window.problems)
