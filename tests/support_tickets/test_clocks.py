"""Promised times: counted to the second, warned of and broken once, told to whoever has it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.contrib.auth.models import User
from django.core import mail

from apps.core.models import OutboxMessage
from apps.core.work.outbox import ClaimedMessage
from apps.support_tickets.due_work import DUE_CLOCKS
from apps.support_tickets.models import (
    BusinessCalendar,
    CalendarDay,
    Channel,
    SlaPolicy,
    Team,
    Ticket,
    TicketClock,
)
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.rules.sla_clock import elapsed_seconds
from apps.support_tickets.selectors.load_hours import load_hours
from apps.support_tickets.services.add_message import add_message
from apps.support_tickets.services.assign_ticket import assign_ticket
from apps.support_tickets.services.change_priority import change_priority
from apps.support_tickets.services.change_status import change_status
from apps.support_tickets.services.keep_clocks import COUNTING, TELL, _changes
from apps.support_tickets.services.look_at_clock import look_at_clock
from apps.support_tickets.services.merge_tickets import merge_tickets
from apps.support_tickets.services.tell_staff import StaffEmailNotSent, tell_staff
from tests.support_tickets.service_levels import promise_service_levels
from tests.tries import at_length

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _promised(db):
    promise_service_levels()


CUSTOMER = Author("merchant", "secret_key:key_test")


def clock_of(ticket: Ticket, kind: str = "resolution") -> TicketClock:
    return TicketClock.objects.get(ticket=ticket, kind=kind)


def look(ticket: Ticket, now: datetime, kind: str = "resolution") -> TicketClock:
    look_at_clock(clock_id=clock_of(ticket, kind).pk, now=now)
    return clock_of(ticket, kind)


def told(ticket: Ticket) -> list[tuple[str, str]]:
    """What the history says of the clocks."""
    kinds = (EventKind.WARNED, EventKind.BREACHED)
    events = ticket.events.filter(kind__in=kinds).order_by("number")
    return [(event.data["clock"], event.kind) for event in events]


def answer(ticket: Ticket, agent: Author, now: datetime, then: str = "") -> None:
    add_message(
        ticket_id=ticket.pk,
        body="We are asking.",
        author=agent,
        channel=Channel.ADMIN,
        then=then,
        now=now,
    )


def hear(ticket: Ticket, now: datetime) -> None:
    add_message(ticket_id=ticket.pk, body="Well?", author=CUSTOMER, channel=Channel.API, now=now)


def test_a_new_installation_promises_by_priority(ticket, clock):
    """Monday, 10:00 in Douala; the desk is open 8 to 12 and 13 to 17."""
    promised = {
        priority: [
            clock_of(ticket(priority=priority), kind).due_at
            for kind in ("first_answer", "resolution")
        ]
        for priority in ("critical", "high", "normal", "low")
    }

    def douala(day: int, hour: int, minute: int = 0) -> datetime:
        return datetime(2026, 3, day, hour - 1, minute, tzinfo=UTC)

    assert promised == {
        "critical": [douala(2, 10, 15), douala(2, 14)],
        "high": [douala(2, 11), douala(3, 10)],
        "normal": [douala(2, 15), douala(5, 10)],
        "low": [douala(3, 10), douala(13, 10)],
    }


def test_a_merchants_own_promise_goes_before_everybodys(ticket, clock):
    one, other = ticket(), ticket()
    SlaPolicy.objects.create(
        merchant=one.merchant,
        priority="high",
        first_answer_minutes=5,
        resolution_minutes=30,
        created_at=clock.now,
    )

    targets = {
        clock_of(ticket(priority="high", merchant=merchant)).target_minutes
        for merchant in (one.merchant,)
    }

    assert targets == {30}
    assert clock_of(ticket(priority="high", merchant=other.merchant)).target_minutes == 480


def test_the_first_answer_ends_its_clock_and_no_later_one_does(ticket, agent, clock):
    one = ticket(priority="critical")
    answer(one, agent, clock.advance(minutes=10))
    met = clock_of(one, "first_answer")
    answer(one, agent, clock.advance(hours=1))

    assert (met.state, met.elapsed_s, met.next_look_at) == ("met", 600, None)
    assert clock_of(one, "first_answer").elapsed_s == 600
    assert clock_of(one).state == "running"


def test_a_note_answers_nobody(ticket, agent, clock):
    one = ticket()
    add_message(
        ticket_id=one.pk,
        body="Looks like the provider.",
        author=agent,
        channel=Channel.ADMIN,
        is_internal=True,
        now=clock.advance(minutes=5),
    )

    assert clock_of(one, "first_answer").state == "running"


def test_clocks_stand_while_we_wait_for_others_and_go_on_to_the_second(ticket, agent, clock):
    one = ticket(priority="critical")
    answer(one, agent, clock.advance(seconds=601), then="waiting_for_merchant")
    standing = clock_of(one)
    clock.advance(days=3)
    hear(one, clock.now)
    going = clock_of(one)

    assert (standing.state, standing.elapsed_s, standing.due_at) == ("paused", 601, None)
    assert (going.state, going.elapsed_s) == ("running", 601)
    assert going.due_at == clock.now + timedelta(hours=4, seconds=-601)


def test_what_is_resolved_and_opened_again_goes_on_where_it_stood(ticket, agent, clock):
    one = ticket(priority="critical")
    answer(one, agent, clock.advance(minutes=30), then="resolved")
    done = clock_of(one)
    hear(one, clock.advance(days=2))

    assert (done.state, done.elapsed_s, done.next_look_at) == ("met", 1800, None)
    assert done.ended_at is not None
    again = clock_of(one)
    assert (again.state, again.elapsed_s, again.ended_at) == ("running", 1800, None)
    assert again.due_at == clock.now + timedelta(hours=3, minutes=30)


def test_no_second_counts_twice_when_a_hosts_clock_goes_behind(ticket, agent, clock):
    one, begun = ticket(priority="critical"), clock.now

    for number, seconds in enumerate((60, 30, 90, 60, 120)):
        assign_ticket(
            ticket_id=one.pk,
            assignee_id=None if number % 2 else agent.user_id,
            team_id=None,
            author=agent,
            now=begun + timedelta(seconds=seconds),
        )

    assert {each.elapsed_s for each in one.clocks.all()} == {120}


def test_warning_and_breach_are_said_once_each_and_the_ticket_becomes_more_urgent(ticket, clock):
    one = ticket(priority="high")
    due = clock_of(one).due_at
    warned_from = clock_of(one).next_look_at

    look(one, warned_from - timedelta(seconds=1))
    before = told(one)
    for _ in range(3):
        look(one, warned_from)
    warned = [entry for entry in told(one) if entry[0] == "resolution"]
    look(one, due)
    at_due = clock_of(one).state
    for _ in range(3):
        look(one, due + timedelta(seconds=1))
    one.refresh_from_db()

    assert ("resolution", "warned") not in before
    assert warned == [("resolution", "warned")]
    assert at_due == "running"
    assert [entry for entry in told(one) if entry[0] == "resolution"] == [
        ("resolution", "warned"),
        ("resolution", "breached"),
    ]
    assert (clock_of(one).state, clock_of(one).breached_at) == ("breached", due)
    assert one.priority == "critical"
    assert one.events.filter(kind="priority", author_kind="system").count() == 1


def test_what_is_done_too_late_is_broken_though_nobody_looked(ticket, agent, clock):
    one = ticket(priority="critical")
    due = clock_of(one, "first_answer").due_at
    answer(one, agent, clock.advance(minutes=20))

    late = clock_of(one, "first_answer")
    assert (late.state, late.breached_at, late.ended_at) == ("breached", due, clock.now)
    assert told(one) == [("first_answer", "breached")]


def test_what_is_done_at_the_last_second_is_in_time(ticket, agent, clock):
    one = ticket(priority="critical")
    answer(one, agent, clock.advance(minutes=15))

    assert clock_of(one, "first_answer").state == "met"


def test_another_priority_counts_all_of_it_anew(ticket, agent, clock):
    """Friday evening: the night counts around the clock only."""
    clock.now = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)
    one = ticket(priority="normal")
    clock.advance(hours=2)
    change_priority(ticket_id=one.pk, to="critical", author=agent, now=clock.now)
    raised = clock_of(one)
    change_priority(ticket_id=one.pk, to="low", author=agent, now=clock.now)
    lowered = clock_of(one)

    assert (raised.elapsed_s, raised.due_at) == (7200, clock.now + timedelta(hours=2))
    assert (lowered.elapsed_s, lowered.target_minutes) == (3600, 72 * 60)


def test_a_priority_by_which_it_is_late_breaks_at_once_and_a_lower_one_mends_nothing(
    ticket, agent, clock
):
    one = ticket(priority="low")
    begun = clock.now
    change_priority(ticket_id=one.pk, to="critical", author=agent, now=clock.advance(hours=5))
    broken = clock_of(one)
    change_priority(ticket_id=one.pk, to="low", author=agent, now=clock.now)

    assert (broken.state, broken.breached_at) == ("breached", begun + timedelta(hours=4))
    assert clock_of(one).state == "breached"


def test_a_day_off_decreed_meanwhile_counts_when_the_clock_is_looked_at(ticket, clock):
    one = ticket(priority="normal")
    before = clock_of(one).due_at
    calendar = BusinessCalendar.objects.get()
    CalendarDay.objects.create(calendar=calendar, day=date(2026, 3, 4), reason="Decreed")

    look(one, clock.now)

    assert clock_of(one).due_at == before + timedelta(days=1)


def test_a_merged_ticket_ends_its_clocks(ticket, agent, clock):
    one, into = ticket(), ticket()
    Ticket.objects.filter(pk=into.pk).update(merchant=one.merchant)
    merge_tickets(ticket_id=one.pk, into_id=into.pk, author=agent, now=clock.advance(minutes=1))

    assert clock_of(one).next_look_at is None
    assert clock_of(into).state == "running"


@pytest.mark.longer
def test_whatever_happens_a_clock_has_counted_what_the_history_says(ticket, agent, clock):
    random = Random(7)
    for _ in range(at_length(4, 80)):
        one = ticket(priority=random.choice(("critical", "high", "normal", "low")))
        for _ in range(12):
            clock.advance(seconds=random.randrange(1, 60_000))
            step = random.randrange(5)
            if step == 0:
                one.refresh_from_db()
                then = "" if one.is_done else random.choice(("", "waiting_for_provider"))
                answer(one, agent, clock.now, then=then)
            elif step == 1:
                hear(one, clock.now)
            elif step == 2:
                priority = random.choice(("critical", "high", "normal", "low"))
                change_priority(ticket_id=one.pk, to=priority, author=agent, now=clock.now)
            elif step == 3:
                to = random.choice(("open", "waiting_for_merchant", "resolved"))
                one.refresh_from_db()
                if (one.status, to) not in {
                    ("resolved", "waiting_for_merchant"),
                    ("open", "open"),
                }:
                    change_status(ticket_id=one.pk, to=to, author=agent, now=clock.now)
            else:
                look(one, clock.now)
            counted = clock_of(one)
            hours = load_hours(counted.calendar_id)
            history = elapsed_seconds(hours, _changes(one), now=counted.changed_at)
            assert counted.elapsed_s == history
            assert counted.is_running == (Ticket.objects.get(pk=one.pk).status in COUNTING)
            assert (counted.state == "breached") == (counted.breached_at is not None)


def test_only_what_is_due_is_claimed_and_once(ticket, clock):
    one = ticket(priority="critical")
    clock_ids = set(one.clocks.values_list("pk", flat=True))
    source = DUE_CLOCKS

    early = source.claim(limit=10, now=clock.now, done=[])
    due = source.claim(limit=10, now=clock.advance(hours=5), done=[])
    again = source.claim(limit=10, now=clock.now, done=[])

    assert (early, {one.id for one in due}, again) == ([], clock_ids, [])


def messages() -> list[ClaimedMessage]:
    found = OutboxMessage.objects.filter(topic=TELL).order_by("created_at", "id")
    return [ClaimedMessage(one.pk, one.payload, 1) for one in found]


def test_the_assignee_is_warned_and_a_breach_is_told_to_the_team_too(ticket, agent, clock):
    one = ticket(priority="critical")
    User.objects.filter(pk=agent.user_id).update(email="awa@desk.example")
    team = Team.objects.create(name="Desk", email="desk@desk.example", created_at=clock.now)
    assign_ticket(
        ticket_id=one.pk,
        assignee_id=agent.user_id,
        team_id=team.pk,
        author=agent,
        now=clock.now,
    )
    look(one, clock.advance(hours=3, minutes=20))
    look(one, clock.advance(hours=1))

    for message in messages():
        tell_staff(message)

    sent = [(email.to, one.shown_number in email.subject) for email in mail.outbox]
    assert sent == [
        (["awa@desk.example"], True),
        (["awa@desk.example", "desk@desk.example"], True),
        (["awa@desk.example", "desk@desk.example"], True),
    ]
    assert "237" not in "".join(email.body for email in mail.outbox)
    assert all(str(one.pk) in email.body for email in mail.outbox)

    # Whoever left sees to nothing: her team does.
    User.objects.filter(pk=agent.user_id).update(is_staff=False)
    mail.outbox.clear()
    tell_staff(messages()[0])
    assert [email.to for email in mail.outbox] == [["desk@desk.example"]]


def test_an_email_the_server_does_not_take_stays_in_the_outbox(ticket, clock, monkeypatch):
    team = Team.objects.create(name="Desk", email="desk@desk.example", created_at=clock.now)
    one = ticket(priority="critical")
    Ticket.objects.filter(pk=one.pk).update(team=team)
    look(one, clock.advance(hours=5))

    def refuse(*_args, **_more):
        raise OSError("no route")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)

    with pytest.raises(StaffEmailNotSent):
        tell_staff(messages()[0])


def test_without_anybody_to_tell_the_history_has_it(ticket, clock):
    one = ticket(priority="critical")
    look(one, clock.advance(hours=5))

    for message in messages():
        tell_staff(message)

    assert mail.outbox == []
    assert ("resolution", "breached") in told(one)
