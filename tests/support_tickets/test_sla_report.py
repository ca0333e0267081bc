"""How promised times were kept, as the desk's leader reads it."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from apps.support_tickets.models import (
    BusinessCalendar,
    CalendarDay,
    Channel,
    SlaPolicy,
    Team,
    Ticket,
    TicketClock,
)
from apps.support_tickets.selectors.read_sla_report import read_sla_report
from apps.support_tickets.services.add_message import add_message
from tests.support_tickets.service_levels import promise_service_levels

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _promised(db):
    promise_service_levels()


@pytest.fixture
def leader(db) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("chef", "chef@desk.example", "secret"))
    return client


def answer(one: Ticket, agent, now) -> None:
    add_message(ticket_id=one.pk, body="Yes", author=agent, channel=Channel.ADMIN, now=now)


def test_shares_medians_and_load_are_of_weeks_teams_and_priorities(ticket, agent, clock):
    team = Team.objects.create(name="Desk", created_at=clock.now)
    begun = clock.now
    tickets = [ticket(priority="critical") for _ in range(3)]
    Ticket.objects.filter(pk=tickets[0].pk).update(team=team)
    for one, minutes in zip(tickets, (5, 10, 20), strict=True):
        answer(one, agent, begun.replace(minute=minutes))
    clock.advance(days=2)
    ticket(priority="low")
    now = clock.advance(days=7)
    clock.advance(days=-9)

    report = read_sla_report(livemode=False, now=now)

    (everything,) = report.kept["all"]
    assert (everything.tickets, everything.answers_met, everything.answers_broken) == (4, 2, 1)
    assert everything.median_answer_s == 600
    assert [(one.key, one.tickets) for one in report.kept["week"]] == [(date(2026, 3, 2), 4)]
    assert [(one.key, one.tickets) for one in report.kept["team"]] == [("", 3), ("Desk", 1)]
    assert {one.key: one.answers_share for one in report.kept["priority"]} == {
        "critical": 2 / 3,
        "low": None,
    }
    assert [(one.team, one.older, one.unassigned) for one in report.open] == [
        ("", 3, 3),
        ("Desk", 1, 1),
    ]


def test_what_is_older_or_of_the_other_mode_is_not_counted(ticket, clock):
    ticket()
    now = clock.advance(weeks=14)

    assert read_sla_report(livemode=False, now=now).kept["all"] == []
    assert read_sla_report(livemode=True, now=now).open == []


def test_the_report_costs_two_queries(ticket, clock, django_assert_num_queries):
    for _ in range(5):
        ticket()

    with django_assert_num_queries(2):
        read_sla_report(livemode=False, now=clock.now)


def test_the_page_shows_it(leader, ticket, agent, clock):
    answer(ticket(priority="critical"), agent, clock.advance(minutes=7))

    shown = leader.get(reverse("admin:support_tickets_slapolicy_report"))

    assert shown.status_code == 200
    assert "100\u00a0%" in shown.text
    assert "7\u00a0min" in shown.text


def test_a_change_of_the_calendar_has_its_clocks_looked_at_again(leader, ticket, clock):
    one = ticket(priority="normal")
    calendar = BusinessCalendar.objects.get()
    address = reverse("admin:support_tickets_businesscalendar_change", args=[calendar.pk])
    form = leader.get(address).context["adminform"].form
    fields = {f"initial-{name}": getattr(calendar, name) for name in form.fields}
    hours = list(calendar.hours.order_by("weekday", "opens"))
    rows = {
        f"hours-{n}-{name}": value
        for n, row in enumerate(hours)
        for name, value in {
            "id": row.pk,
            "calendar": calendar.pk,
            "weekday": row.weekday,
            "opens": row.opens,
            "closes": row.closes,
        }.items()
    }
    saved = leader.post(
        address,
        {
            **fields,
            "name": calendar.name,
            "zone": calendar.zone,
            "country": calendar.country,
            **rows,
            "hours-TOTAL_FORMS": len(hours),
            "hours-INITIAL_FORMS": len(hours),
            "days-TOTAL_FORMS": 1,
            "days-INITIAL_FORMS": 0,
            "days-0-calendar": calendar.pk,
            "days-0-day": "2026-03-04",
            "days-0-reason": "Decreed",
        },
    )

    assert saved.status_code == 302, saved.context["errors"]
    assert CalendarDay.objects.get().day == date(2026, 3, 4)
    assert set(TicketClock.objects.filter(ticket=one).values_list("next_look_at")) == {(clock.now,)}


def test_everybodys_promise_stays_and_a_merchants_own_may_go(leader, ticket, clock):
    everybodys = SlaPolicy.objects.get(priority="normal", merchant=None)
    own = SlaPolicy.objects.create(
        merchant=ticket().merchant,
        priority="normal",
        first_answer_minutes=1,
        resolution_minutes=2,
        created_at=clock.now,
    )

    answers = [
        leader.post(
            reverse("admin:support_tickets_slapolicy_delete", args=[one.pk]), {"post": "yes"}
        )
        for one in (everybodys, own)
    ]

    assert [answer.status_code for answer in answers] == [403, 302]
    assert not SlaPolicy.objects.filter(pk=own.pk).exists()
