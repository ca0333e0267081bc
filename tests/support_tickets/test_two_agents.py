"""Two agents at one ticket at the same moment, over HTTP: nothing is lost, doubled, taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client

from apps.reconciliation.selectors.find_violations import find_violations
from apps.support_tickets.models import Ticket, TicketEvent, TicketMessage
from apps.support_tickets.rules.texts import body_of

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/support_tickets/ticket/"
NAMES = ("view_ticket", "change_ticket", "add_ticket")


@pytest.fixture
def agents():
    found = []
    for name in ("fatou", "cora"):
        user = User.objects.create_user(name, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=NAMES))
        client = Client()
        client.force_login(user)
        client.cookies["django_language"] = "en"
        client.user = user
        found.append(client)
    return found


def at_once(*posts):
    """Each `(client, ticket or tickets, action, fields)` in a thread of its own; the answers."""
    barrier = Barrier(len(posts))

    def send(post):
        client, tickets, action, fields = post
        chosen = tickets if isinstance(tickets, list) else [tickets]
        query = f"?q={chosen[0].public_id}" if len(chosen) == 1 else ""
        try:
            barrier.wait(20)
            return client.post(
                LIST + query,
                {"action": action, "_selected_action": [str(one.pk) for one in chosen], **fields},
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(len(posts)) as pool:
        answers = list(pool.map(send, posts))
    assert {answer.status_code for answer in answers} <= {200, 302}
    return answers


def sound(now):
    return [one.invariant.name for one in find_violations(now=now) if one.violations]


def seen(ticket):
    return str(Ticket.objects.get(pk=ticket.pk).sequence)


def test_of_two_answers_written_without_knowing_of_each_other_one_is_sent(agents, ticket, clock):
    one = ticket()
    written = ("This is the first.", "This is the second.")
    fields = [{"body": text, "then": "", "seen": seen(one)} for text in written]

    answers = at_once(*((agent, one, "answer", fields[n]) for n, agent in enumerate(agents)))

    sent = [body_of(message) for message in TicketMessage.objects.filter(author_kind="staff")]
    assert len(sent) == 1
    [refused] = [answer for answer in answers if answer.status_code == 200]
    page = refused.content.decode()
    assert "moved on since you opened it" in page
    # What was typed is there still.
    [left] = set(written) - set(sent)
    assert left in page
    assert sound(clock.now) == []


def test_who_saves_what_she_saw_takes_back_nothing_of_a_colleague(agents, ticket, clock):
    one = ticket()
    fatou, cora = agents
    usual = {"seen": seen(one), "team": "", "category": one.category, "tags": ""}

    at_once(
        (fatou, one, "organise", {**usual, "assignee": fatou.user.pk, "priority": "normal"}),
        (cora, one, "organise", {**usual, "assignee": "", "priority": "critical"}),
    )

    one.refresh_from_db()
    assert (one.assignee, one.priority) in [(fatou.user, "normal"), (None, "critical")]
    # Once she has seen it, her word counts.
    now_seen = {**usual, "seen": seen(one)}
    at_once((cora, one, "organise", {**now_seen, "assignee": cora.user.pk, "priority": "low"}))
    one.refresh_from_db()
    assert (one.assignee, one.priority) == (cora.user, "low")
    assert sound(clock.now) == []


def test_many_taken_and_merged_at_once_end_with_one_owner_each(agents, ticket, clock):
    merchant = ticket().merchant
    many = [ticket(merchant=merchant) for _ in range(4)]
    first, last = many[0], many[-1]
    fatou, cora = agents

    for _ in range(2):
        at_once(
            (fatou, many, "assign_to_me", {}),
            (cora, many[::-1], "assign_to_me", {}),
            (cora, last, "merge", {"other": first.shown_number}),
        )

    owners = set(Ticket.objects.filter(pk__in=[one.pk for one in many]).values_list("assignee"))
    assert owners <= {(fatou.user.pk,), (cora.user.pk,)}
    assert Ticket.objects.filter(merged_into__isnull=False).get() == last
    assert sound(clock.now) == []


def test_two_merged_into_each_other_at_once_are_merged_one_way(agents, ticket, clock):
    one = ticket()
    two = ticket(merchant=one.merchant)

    at_once(
        (agents[0], one, "merge", {"other": two.shown_number}),
        (agents[1], two, "merge", {"other": one.shown_number}),
    )

    [merged] = Ticket.objects.filter(merged_into__isnull=False)
    assert merged.merged_into_id in {one.pk, two.pk} - {merged.pk}
    assert TicketEvent.objects.filter(kind="merged").count() == 2
    assert sound(clock.now) == []


def test_what_is_answered_and_closed_at_once_is_either_told_and_closed_or_refused(
    agents, ticket, clock
):
    one = ticket()
    at_once(
        (agents[0], one, "answer", {"body": "Done.", "then": "", "seen": seen(one)}),
        (agents[1], one, "change_status", {"to": "closed"}),
    )

    one.refresh_from_db()
    told = TicketMessage.objects.filter(author_kind="staff").count()
    steps = list(TicketEvent.objects.filter(ticket=one).order_by("number").values_list("kind"))
    assert one.status == "closed"
    assert told in {0, 1} and steps.count(("message",)) == 1 + told
    assert sound(clock.now) == []
