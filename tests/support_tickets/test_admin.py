"""The desk: what agents see of a ticket and do with it."""

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.support_tickets.models import CannedAnswer, Ticket, TicketAttachment
from apps.support_tickets.rules.author import staff_author
from apps.support_tickets.rules.texts import body_of
from apps.support_tickets.services.add_message import add_message
from apps.support_tickets.services.note_presence import note_presence
from tests.admin.conftest import admin, login  # noqa: F401
from tests.factories import PaymentFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/support_tickets/ticket/"
MSISDN = "237677000001"


@pytest.fixture
def desk(login):  # noqa: F811
    client = login(
        "support_tickets.view_ticket",
        "support_tickets.change_ticket",
        "support_tickets.add_ticket",
        "support_tickets.reveal_ticket",
    )
    client.cookies["django_language"] = "en"
    return client


def page_of(ticket):
    return reverse("admin:support_tickets_ticket_change", args=[ticket.pk])


def act(client, ticket, name, **fields):
    return client.post(
        f"{LIST}?q={ticket.public_id}",
        {"action": name, "_selected_action": str(ticket.pk), **fields},
    )


def test_an_answer_and_a_note_stand_apart(desk, ticket, payment):
    one = ticket(payment=payment)

    noted = act(desk, one, "note", body="She is angry.")
    answered = act(desk, one, "answer", body="We ask.", then="waiting_for_provider", seen="")

    assert noted.status_code == answered.status_code == 302
    one.refresh_from_db()
    assert (one.status, one.first_answered_at is not None) == ("waiting_for_provider", True)
    html = desk.get(page_of(one)).content.decode()
    assert html.count("lomi-said-note") == html.count("lomi-said-staff") == 1
    assert [m.is_internal for m in one.messages.order_by("id")] == [False, True, False]
    acts = AuditEntry.objects.filter(target=one.public_id).values_list("action", flat=True)
    assert {"ticket.note", "ticket.answer"} <= set(acts)


def test_a_late_answer_is_refused_shows_what_is_new_and_keeps_the_text(desk, ticket, colleague):
    one = ticket()
    seen = one.sequence
    add_message(
        ticket_id=one.pk, body="I have it.", author=colleague, channel="admin", now=timezone.now()
    )

    refused = act(desk, one, "answer", body="My own words.", seen=str(seen))

    html = refused.content.decode()
    assert refused.status_code == 200 and "My own words." in html
    assert "lomi-new" in html and "moved on" in html
    assert one.messages.count() == 2
    one.refresh_from_db()
    assert f'name="seen" value="{one.sequence}"' in html
    assert act(desk, one, "answer", body="My own words.", seen=one.sequence).status_code == 302


def test_a_canned_answer_is_inserted_in_the_tickets_language(desk, ticket, payment):
    one = ticket(payment=payment)
    CannedAnswer.objects.update_or_create(
        code="here",
        defaults={
            "title_fr": "Ici", "title_en": "Here", "body_fr": "Voici {ticket} : {about}",
            "body_en": "This is {ticket}", "created_at": timezone.now(),
        },
    )  # fmt: skip

    html = act(desk, one, "insert_canned", canned="here", body="Bonjour", seen="2").content.decode()

    assert f"Bonjour\n\nVoici {one.shown_number} : {payment.public_id}" in html
    assert one.messages.count() == 1


def test_numbers_are_shown_on_request_and_that_is_on_record(desk, ticket, payment, login):  # noqa: F811
    one = ticket(payment=payment, contact="awa@shop.example", body="I am 6 77 00 00 01.")

    before = desk.get(page_of(one)).content.decode()
    after = act(desk, one, "reveal").content.decode()

    assert "awa@shop.example" not in before and "77 00 00 01" not in before
    assert "awa@shop.example" in after and "6 77 00 00 01" in after
    assert AuditEntry.objects.filter(action="ticket.reveal", target=one.public_id).exists()


def test_who_may_only_look_does_nothing(login, ticket):  # noqa: F811
    one, client = ticket(), login("support_tickets.view_ticket")

    html = client.get(page_of(one)).content.decode()
    for name in ("answer", "note", "assign_to_me", "reveal", "change_status", "organise", "merge"):
        act(client, one, name, body="x", to="closed")

    one.refresh_from_db()
    assert "ticket-answer" not in html
    assert (one.status, one.messages.count(), one.assignee) == ("new", 1, None)


def test_two_agents_see_each_other(desk, ticket, clock):
    cache.clear()
    one = ticket()
    note_presence(ticket_id=one.pk, user_id=0, name="Awa Ndiaye", is_typing=True, now=clock.now)

    html = desk.get(page_of(one)).content.decode()
    said = desk.get(f"{LIST}{one.pk}/presence").json()
    clock.advance(seconds=61)
    later = desk.get(f"{LIST}{one.pk}/presence").json()

    assert "Awa Ndiaye is writing an answer." in html
    assert said["sequence"] == one.sequence and [o["name"] for o in said["others"]] == [
        "Awa Ndiaye"
    ]
    assert later["others"] == []


def test_a_ticket_is_organised_moved_merged_and_linked(desk, ticket, payment):
    one, other = ticket(payment=payment), ticket()
    twin = ticket(
        payment=PaymentFactory(merchant=payment.merchant, payer_msisdn=MSISDN, verifying=True)
    )

    act(
        desk, one, "organise", priority="high", category="paid_twice", tags="vip, Orange",
        assignee="", team="",
    )  # fmt: skip
    act(desk, one, "link", other=other.shown_number)
    act(desk, one, "change_status", to="waiting_for_payer")
    refused = act(desk, other, "merge", other=one.shown_number)
    act(desk, twin, "merge", other=one.public_id)

    one.refresh_from_db(), twin.refresh_from_db(), other.refresh_from_db()
    assert (one.priority, one.category, one.tags) == ("high", "paid_twice", ["orange", "vip"])
    assert one.status == "waiting_for_payer"
    assert twin.merged_into_id == one.pk and other.merged_into_id is None
    assert refused.status_code == 200 and "Link these instead" in refused.content.decode()
    html = desk.get(page_of(one)).content.decode()
    assert other.shown_number in html and twin.shown_number in html


def test_a_file_is_only_ever_a_download(desk, ticket):
    one = ticket()
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    act(
        desk, one, "answer", body="See the file.",
        file=SimpleUploadedFile("x.html", svg, content_type="text/html"),
    )  # fmt: skip
    attachment = TicketAttachment.objects.get()

    answer = desk.get(f"{LIST}{one.pk}/attachments/{attachment.public_id}")

    assert answer.content == svg
    assert answer["Content-Type"] == "text/plain"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"] == 'attachment; filename="x.html.txt"'
    assert desk.get(f"{LIST}{one.pk}/attachments/tia_{'0' * 26}").status_code == 404


def test_a_bad_file_sends_nothing_and_keeps_the_text(desk, ticket):
    one = ticket()

    refused = act(
        desk,
        one,
        "answer",
        body="My words.",
        file=SimpleUploadedFile("x.exe", b"MZ\x90" + b"\0" * 99),
    )

    assert "My words." in refused.content.decode() and refused.status_code == 200
    assert one.messages.count() == 1 and not TicketAttachment.objects.exists()


@pytest.mark.parametrize("how", ["number", "id", "payment", "phone", "contact"])
def test_a_ticket_is_found_by_what_a_caller_says(desk, ticket, payment, how):
    one = ticket(payment=payment, contact="awa@shop.example")
    ticket(payment=PaymentFactory(payer_msisdn="237677000099"))
    said = {
        "number": f"t-{one.number}",
        "id": one.public_id,
        "payment": payment.public_id,
        "phone": "+237 6 77 00 00 01",
        "contact": "Awa@Shop.example",
    }[how]

    found = desk.get(LIST, {"q": said}).context["cl"].result_list

    assert [row.pk for row in found] == [one.pk]


def test_the_queue_holds_what_is_not_done_however_old(desk, ticket, clock):
    old = ticket()
    clock.advance(days=90)
    done = ticket()
    Ticket.objects.filter(pk=done.pk).update(status="closed")

    def shown(**query):
        return [row.pk for row in desk.get(LIST, query).context["cl"].result_list]

    assert shown() == [old.pk]
    assert shown(queue="all") == [done.pk]
    assert shown(status__exact="closed") == [done.pk]
    assert shown(queue="mine") == []
    act(desk, old, "assign_to_me")
    assert shown(queue="mine") == [old.pk]
    assert shown(queue="unassigned") == []


def test_staff_open_a_ticket_for_who_is_on_the_telephone(desk, payment):
    fields = {
        "requester_kind": "payer", "about": payment.public_id, "category": "debited_not_confirmed",
        "priority": "high", "subject": "Debited", "body": "She was debited.",
        "contact": "677 00 00 01", "merchant": "",
    }  # fmt: skip

    opened = desk.post(f"{LIST}add/", fields)
    again = desk.post(f"{LIST}add/", fields)

    one = Ticket.objects.get()
    assert opened["Location"] == page_of(one)
    assert (one.about_id, one.requester_kind, one.livemode) == (payment.pk, "payer", False)
    assert one.contact_masked.endswith("01") and body_of(one.messages.get()) == "She was debited."
    assert "write there" in again.content.decode()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"about": "pay_" + "0" * 26}, "about"),
        ({"about": ""}, "about"),
        ({"requester_kind": "merchant", "about": ""}, "merchant"),
        ({"merchant": "nobody"}, "merchant"),
        ({"contact": "nobody"}, None),
    ],
)
def test_what_cannot_be_opened_says_why(desk, payment, fields, field):
    usual = {
        "requester_kind": "payer", "about": payment.public_id, "category": "other",
        "priority": "normal", "subject": "s", "body": "b", "contact": "", "merchant": "",
    }  # fmt: skip

    answer = desk.post(f"{LIST}add/", {**usual, **fields})

    errors = answer.context["form"].errors
    assert (field or "__all__") in errors and not Ticket.objects.exists()


def test_an_agent_may_be_a_customer_of_nobody(ticket, agent, clock):
    """A person of staff writes as staff, whatever the ticket."""
    one = ticket()
    message = add_message(
        ticket_id=one.pk,
        body="x",
        author=staff_author(agent.user_id),
        channel="admin",
        now=clock.now,
    )
    assert message.author_kind == "staff" and message.author_id == agent.user_id
