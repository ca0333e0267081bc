"""Whoever is on call hears of an urgent ticket before its promise is broken."""

from datetime import timedelta

import pytest

from apps.support_tickets.models import TicketClock
from apps.support_tickets.selectors.promises_ending import promises_ending
from apps.support_tickets.services.look_at_clock import look_at_clock
from config.alert_sources import ALERT_SOURCES
from tests.support_tickets.service_levels import promise_service_levels

pytestmark = pytest.mark.django_db
SOURCE = ALERT_SOURCES["promise_ending"]


@pytest.fixture(autouse=True)
def _promised(db):
    promise_service_levels()


def found(now):
    return [dict(one.facts) for one in promises_ending(SOURCE.parameters, now)]


def test_what_ends_soon_is_found_and_what_has_time_is_not(ticket, clock):
    one = ticket(priority="critical", livemode=True)
    ticket(priority="low", livemode=True)
    ticket(priority="critical", livemode=False)
    due_at = TicketClock.objects.get(ticket=one, kind="first_answer").due_at

    assert found(due_at - timedelta(minutes=11)) == []
    assert found(due_at - timedelta(minutes=9)) == [
        {"tickets": 1, "ticket": one.shown_number, "minutes": 9}
    ]


def test_what_is_broken_is_no_warning_any_more(ticket, clock):
    one = ticket(priority="critical", livemode=True)
    first = TicketClock.objects.get(ticket=one, kind="first_answer")
    late = first.due_at + timedelta(seconds=1)

    look_at_clock(clock_id=first.pk, now=late)

    assert found(late) == []
