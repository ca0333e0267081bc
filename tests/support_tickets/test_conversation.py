"""What a word, a move and a merge do to a ticket."""

import pytest

from apps.audit.models import AuditEntry
from apps.support_tickets.models import TicketEvent, TicketLink, TicketStatus
from apps.support_tickets.rules.author import Author, payer_author
from apps.support_tickets.rules.moves import TICKET_MOVES
from apps.support_tickets.rules.texts import body_of, contact_of
from apps.support_tickets.selectors.read_conversation import read_conversation
from apps.support_tickets.services.add_attachment import add_attachment
from apps.support_tickets.services.add_message import (
    TicketClosed,
    TicketMovedOn,
    add_message,
)
from apps.support_tickets.services.assign_ticket import assign_ticket
from apps.support_tickets.services.change_priority import change_priority
from apps.support_tickets.services.change_status import change_status
from apps.support_tickets.services.classify_ticket import classify_ticket
from apps.support_tickets.services.link_tickets import link_tickets
from apps.support_tickets.services.merge_tickets import TicketsNotMergeable, merge_tickets
from apps.support_tickets.transitions import TicketAlreadyOpen, TicketMoveNotAllowed
from tests.factories import MerchantFactory, PaymentFactory

pytestmark = pytest.mark.django_db
MERCHANT = Author("merchant", "secret_key:key_test")


@pytest.fixture
def say(clock):
    def write(ticket, author, body="A word.", **more):
        message = add_message(
            ticket_id=ticket.pk, body=body, author=author, channel="admin", now=clock.now, **more
        )
        ticket.refresh_from_db()
        return message

    return write


def history(ticket):
    return [(event.number, event.kind) for event in ticket.events.order_by("number")]


def test_tickets_have_numbers_of_their_own(ticket):
    first, second = ticket(), ticket()

    assert second.number > first.number > 0
    assert first.shown_number == f"T-{first.number:06d}"


def test_the_first_answer_counts_once_and_a_note_is_none(ticket, say, agent, clock):
    one = ticket()
    opened = clock.now

    say(one, agent, is_internal=True)
    assert (one.status, one.first_answered_at, one.unanswered_since) == ("new", None, opened)
    clock.advance(minutes=5)
    say(one, agent)
    answered = clock.now
    clock.advance(minutes=5)
    say(one, MERCHANT)
    assert one.unanswered_since == clock.now
    say(one, agent, then="waiting_for_provider")

    assert (one.status, one.first_answered_at, one.unanswered_since) == (
        "waiting_for_provider", answered, None,
    )  # fmt: skip
    assert [number for number, _ in history(one)] == list(range(1, one.sequence + 1))


def test_a_customers_word_ends_the_waiting_for_it_and_no_other(ticket, say, agent, payment):
    one = ticket()
    say(one, agent, then="waiting_for_provider")
    say(one, MERCHANT)
    assert one.status == "waiting_for_provider"
    say(one, agent, then="waiting_for_merchant")
    say(one, MERCHANT)
    assert one.status == "open"
    of_payer = ticket(payment=payment)
    say(of_payer, agent, then="waiting_for_payer")
    say(of_payer, payer_author(payment.public_id))
    assert of_payer.status == "open"


def test_a_resolved_ticket_is_opened_again_within_14_days(ticket, say, agent, clock):
    one = ticket()
    say(one, agent, then="resolved")
    clock.advance(days=14)

    message = say(one, MERCHANT, "It is not.")

    assert message.ticket_id == one.pk
    assert (one.status, one.resolved_at) == ("open", None)


@pytest.mark.parametrize("contact", ["awa@shop.example", "+237 670 00 00 01"])
@pytest.mark.parametrize("then", ["resolved", "closed"])
def test_after_that_and_of_a_closed_one_another_is_opened_and_linked(
    ticket, say, agent, clock, then, contact
):
    one = ticket(contact=contact)
    change_status(ticket_id=one.pk, to=then, author=agent, now=clock.now)
    clock.advance(days=14, seconds=1)

    message = say(one, MERCHANT, "Again.")

    other = message.ticket
    assert other.pk != one.pk and other.status == "new" and one.status == then
    assert (other.contact_masked, other.category) == (one.contact_masked, one.category)
    assert contact_of(other) == contact_of(one) != ""
    link = TicketLink.objects.get()
    assert (link.ticket_id, link.other_id, link.kind) == (other.pk, one.pk, "follow_up")
    assert body_of(message) == "Again."


def test_what_was_asked_again_in_another_ticket_is_not_opened_beside_it(
    ticket, say, agent, payment, clock
):
    one = ticket(payment=payment)
    say(one, agent, then="resolved")
    other = ticket(payment=payment, author=agent)

    with pytest.raises(TicketAlreadyOpen):
        change_status(ticket_id=one.pk, to="open", author=agent, now=clock.now)
    with pytest.raises(TicketAlreadyOpen):
        say(one, agent, then="open")
    message = say(one, payer_author(payment.public_id), "It is not.")

    assert (message.ticket_id, one.status) == (other.pk, "resolved")


def test_staff_do_not_answer_into_a_closed_ticket_but_note(ticket, say, agent, clock):
    one = ticket()
    change_status(ticket_id=one.pk, to="closed", author=agent, now=clock.now)

    with pytest.raises(TicketClosed):
        say(one, agent)
    say(one, agent, is_internal=True)

    one.refresh_from_db()
    assert one.status == "closed"
    with pytest.raises(TicketClosed):
        add_attachment(ticket_id=one.pk, name="a.txt", content=b"a", author=agent, now=clock.now)


@pytest.mark.parametrize("status", TicketStatus.values)
@pytest.mark.parametrize("to", TicketStatus.values)
def test_only_moves_of_the_table_are_made(ticket, agent, clock, status, to):
    one = ticket()
    if status != "new":
        change_status(ticket_id=one.pk, to=status, author=agent, now=clock.now)
    before = TicketEvent.objects.count()

    if to == status or to in TICKET_MOVES[status]:
        assert change_status(ticket_id=one.pk, to=to, author=agent, now=clock.now).status == to
        assert TicketEvent.objects.count() == before + (to != status)
    else:
        with pytest.raises(TicketMoveNotAllowed):
            change_status(ticket_id=one.pk, to=to, author=agent, now=clock.now)
        assert TicketEvent.objects.count() == before


def test_a_customer_may_only_close(ticket, clock):
    one = ticket()

    with pytest.raises(TicketMoveNotAllowed):
        change_status(ticket_id=one.pk, to="resolved", author=MERCHANT, now=clock.now)
    assert change_status(ticket_id=one.pk, to="closed", author=MERCHANT, now=clock.now).is_done


def test_an_answer_that_does_not_know_the_newest_is_refused(ticket, say, agent, colleague):
    one = ticket()
    seen = one.sequence
    say(one, colleague, "I have it.")

    with pytest.raises(TicketMovedOn):
        say(one, agent, "I have it, too.", seen=seen)
    assert one.messages.count() == 2
    say(one, agent, seen=one.sequence)


def test_what_one_did_oneself_or_what_says_nothing_refuses_no_answer(
    ticket, say, agent, colleague, clock
):
    one = ticket()
    seen = one.sequence
    say(one, agent, "First.")
    change_priority(ticket_id=one.pk, to="high", author=colleague, now=clock.now)

    say(one, agent, "Second.", seen=seen)

    assert one.messages.count() == 3


def test_taking_a_new_ticket_opens_it_and_all_is_on_record(ticket, agent, clock):
    one = ticket()

    assign_ticket(
        ticket_id=one.pk, assignee_id=agent.user_id, team_id=None, author=agent, now=clock.now
    )
    change_priority(ticket_id=one.pk, to="critical", author=agent, now=clock.now)
    classify_ticket(
        ticket_id=one.pk, category="paid_twice", tags=["VIP", "vip ", ""], author=agent,
        now=clock.now,
    )  # fmt: skip

    one.refresh_from_db()
    assert (one.status, one.assignee_id, one.priority, one.category, one.tags) == (
        "open", agent.user_id, "critical", "paid_twice", ["vip"],
    )  # fmt: skip
    acts = AuditEntry.objects.filter(target=one.public_id).order_by("id")
    assert list(acts.values_list("action", flat=True)) == [
        "ticket.open", "ticket.assign", "ticket.change_priority", "ticket.classify",
    ]  # fmt: skip


def test_a_merged_ticket_goes_on_in_the_other(ticket, say, agent, clock):
    merchant = MerchantFactory()
    first, second, third = (ticket(merchant=merchant, body=text) for text in ("1", "2", "3"))
    merge_tickets(ticket_id=first.pk, into_id=second.pk, author=agent, now=clock.now)
    merge_tickets(ticket_id=second.pk, into_id=third.pk, author=agent, now=clock.now)

    message = say(first, MERCHANT, "4")

    assert first.status == "closed" and message.ticket_id == third.pk
    third.refresh_from_db()
    said = [body_of(one) for one in read_conversation(third).messages]
    assert said == ["1", "2", "3", "4"]


@pytest.mark.parametrize("how", ["merchant", "payer"])
def test_what_waits_for_an_answer_waits_on_where_it_is_merged_into(
    ticket, say, agent, payment, clock, how
):
    whose = {"payment": payment} if how == "payer" else {"merchant": payment.merchant}
    done = ticket(**whose)
    say(done, agent, then="resolved")
    asked = clock.advance(minutes=1)
    one = ticket(**whose)
    clock.advance(minutes=1)

    merge_tickets(ticket_id=one.pk, into_id=done.pk, author=agent, now=clock.now)

    done.refresh_from_db()
    assert (done.status, done.resolved_at, done.unanswered_since) == ("open", None, asked)


def test_nothing_that_waits_is_merged_into_what_is_closed(ticket, agent, clock):
    merchant = MerchantFactory()
    closed, one = ticket(merchant=merchant), ticket(merchant=merchant)
    change_status(ticket_id=closed.pk, to="closed", author=agent, now=clock.now)

    with pytest.raises(TicketsNotMergeable):
        merge_tickets(ticket_id=one.pk, into_id=closed.pk, author=agent, now=clock.now)
    one.refresh_from_db()
    assert one.merged_into_id is None and one.unanswered_since is not None
    merge_tickets(ticket_id=closed.pk, into_id=one.pk, author=agent, now=clock.now)


def test_only_tickets_of_the_same_requester_are_merged(ticket, agent, clock):
    merchant = MerchantFactory()
    mine = PaymentFactory(merchant=merchant, payer_msisdn="237677000001")
    mine_too = PaymentFactory(merchant=merchant, payer_msisdn="237677000001")
    hers = PaymentFactory(merchant=merchant, payer_msisdn="237677000002")
    one = ticket(payment=mine)

    for other in (ticket(payment=hers), ticket(merchant=merchant), ticket()):
        with pytest.raises(TicketsNotMergeable):
            merge_tickets(ticket_id=other.pk, into_id=one.pk, author=agent, now=clock.now)
    merge_tickets(
        ticket_id=ticket(payment=mine_too).pk, into_id=one.pk, author=agent, now=clock.now
    )


def test_two_tickets_are_linked_once(ticket, agent, clock):
    one, other = ticket(), ticket()

    for first, second in ((one, other), (other, one)):
        link_tickets(ticket_id=first.pk, other_id=second.pk, author=agent, now=clock.now)

    assert TicketLink.objects.count() == 1
    assert history(one)[-1][1] == history(other)[-1][1] == "linked"
