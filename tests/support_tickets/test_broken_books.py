"""Whatever a hand in the database does to a ticket, the check of the books names it."""

import pytest
from django.db import connection

from apps.reconciliation.tests.corruption import lift_safeguards
from apps.support_tickets.invariants import INVARIANTS
from apps.support_tickets.services.add_message import add_message
from apps.support_tickets.services.change_status import change_status
from apps.support_tickets.services.look_at_clock import look_at_clock
from apps.support_tickets.services.merge_tickets import merge_tickets
from tests.factories import MerchantFactory, PaymentFactory
from tests.refunds.conftest import broken_books
from tests.support_tickets.service_levels import promise_service_levels

__all__ = ["broken_books"]

pytestmark = pytest.mark.django_db

TICKET = "UPDATE support_tickets_ticket SET {} WHERE id = %(open)s"
EVENT = "UPDATE support_tickets_ticketevent SET {} WHERE ticket_id = %(open)s AND kind = '{}'"
CLOCK = "UPDATE support_tickets_ticketclock SET {} WHERE ticket_id = %({})s"
# What is done -> the place in the list of the invariant that finds it.
CORRUPTIONS = {
    "a move the table has not": (
        0,
        """UPDATE support_tickets_ticketevent SET data = '{"from": "closed", "to": "open"}'"""
        " WHERE ticket_id = %(open)s AND kind = 'created'",
    ),
    "a move to nowhere": (0, EVENT.format("data = '{}'", "created")),
    "a status without a move": (1, TICKET.format("status = 'waiting_for_provider'")),
    "a step that is missing": (
        1,
        "DELETE FROM support_tickets_ticketevent WHERE ticket_id = %(open)s AND kind = 'message'",
    ),
    "a step that nobody counted": (1, TICKET.format("sequence = sequence + 1")),
    "a message without a step": (2, EVENT.format("message_id = NULL", "message")),
    "a message in another ticket": (
        2,
        "UPDATE support_tickets_ticketmessage SET ticket_id = %(open)s WHERE ticket_id = %(done)s",
    ),
    "a note shown to the customer": (
        2,
        "UPDATE support_tickets_ticketmessage SET is_internal = false WHERE is_internal",
    ),
    "done at no time": (
        3,
        "UPDATE support_tickets_ticket SET resolved_at = NULL WHERE id = %(done)s",
    ),
    "open and done": (3, TICKET.format("resolved_at = now()")),
    "waiting where nobody looks": (
        3,
        "UPDATE support_tickets_ticket SET unanswered_since = now() WHERE id = %(done)s",
    ),
    "going on in another merchant's": (
        4,
        "UPDATE support_tickets_ticket SET merged_into_id = %(other)s WHERE id = %(merged)s",
    ),
    "going on and on": (
        4,
        "UPDATE support_tickets_ticket SET status = 'closed', merged_into_id = %(done)s"
        " WHERE id = %(open)s",
    ),
    "about another merchant's payment": (
        5,
        "UPDATE support_tickets_ticket SET about_id = %(other_payment)s WHERE id = %(open)s",
    ),
    "about a payment that never was": (5, TICKET.format("about_id = gen_random_uuid()")),
    "about a payment of the other mode": (5, TICKET.format("livemode = NOT livemode")),
    "a clock that runs after the end": (
        6,
        CLOCK.format("is_running = true, state = 'running'", "merged"),
    ),
    "a clock that stands in our turn": (
        6,
        CLOCK.format("is_running = false, state = 'paused', next_look_at = NULL", "other"),
    ),
    "a promise that was kept by nobody": (6, CLOCK.format("ended_at = now()", "other")),
    "a broken promise that nobody said": (
        7,
        "DELETE FROM support_tickets_ticketevent WHERE kind = 'breached'",
    ),
    "a warning twice": (
        7,
        "INSERT INTO support_tickets_ticketevent (id, ticket_id, number, kind, author_kind, actor,"
        " data, created_at) SELECT gen_random_uuid(), ticket_id, 99, 'breached', author_kind,"
        " actor, data, created_at FROM support_tickets_ticketevent WHERE kind = 'breached' LIMIT 1",
    ),
    "a clock nobody looks at": (8, CLOCK.format("next_look_at = NULL", "other")),
    "a clock looked at too late": (
        8,
        CLOCK.format("next_look_at = next_look_at - interval '9 days'", "other"),
    ),
}


@pytest.fixture
def books(ticket, agent, clock):
    """A payer's ticket whose promises are broken, one of the same merchant that is done with one
    merged into it, and an open one of another merchant."""
    promise_service_levels()
    payment = PaymentFactory(succeeded=True, created_at=clock.now)
    opened = ticket(payment=payment, priority="critical")
    add_message(
        ticket_id=opened.pk,
        body="A note.",
        author=agent,
        channel="admin",
        is_internal=True,
        now=clock.now,
    )
    merged, done = ticket(merchant=payment.merchant), ticket(merchant=payment.merchant)
    merge_tickets(ticket_id=merged.pk, into_id=done.pk, author=agent, now=clock.now)
    change_status(ticket_id=done.pk, to="resolved", author=agent, now=clock.now)
    clock.advance(hours=5)
    for one in opened.clocks.all():
        look_at_clock(clock_id=one.pk, now=clock.now)
    other = ticket(merchant=MerchantFactory())
    lift_safeguards()
    return {
        "open": opened.pk,
        "merged": merged.pk,
        "done": done.pk,
        "other": other.pk,
        "other_payment": PaymentFactory(succeeded=True, created_at=clock.now).pk,
    }


def test_clean_books_raise_no_alarm(books, broken_books):
    assert broken_books() == {}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_what_was_done_to_it_is_found(books, broken_books, name):
    number, statement = CORRUPTIONS[name]
    with connection.cursor() as cursor:
        cursor.execute(statement, books)

    assert INVARIANTS[number].name in broken_books(among=INVARIANTS)


def test_each_invariant_is_broken_by_something():
    assert {number for number, _ in CORRUPTIONS.values()} == set(range(len(INVARIANTS)))
