"""An agent's call: what the case is, the provider asked, the sentence sent."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import NoReverseMatch, reverse

from apps.audit.models import AuditEntry
from apps.disputes.services.open_dispute import DisputeOrder, open_dispute
from apps.orchestration.models import Attempt
from apps.payments.models import Payment
from apps.providers.contract import Outcome
from apps.support_tickets.models import Ticket
from apps.support_tickets.rules.situations import NextAction
from apps.support_tickets.selectors.timeline_entries import timeline_entries
from apps.support_tickets.services.act_on_case import CaseHasChanged, act_on_case
from apps.webhooks.models import Delivery
from tests.factories import EndpointFactory, MerchantFactory, PaymentFactory
from tests.fakes import Instruction, open_account
from tests.support_tickets.service_levels import promise_service_levels

pytestmark = pytest.mark.django_db

RIGHTS = (
    "view_ticket", "change_ticket", "view_payment", "change_payment", "change_delivery",
)  # fmt: skip


@pytest.fixture
def desk(db) -> Client:
    """An agent at the keyboard, with what the role needs and no more."""
    user = User.objects.create_user("awa", password="secret", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=RIGHTS))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def debited(provider, clock, ticket):
    """A payment that its payer has approved, and of which we do not know yet."""
    payment = PaymentFactory(verifying=True, account=open_account(), created_at=clock.now)
    attempt = payment.attempts.get()
    provider.book[attempt.reference] = Instruction(
        payment.amount, "XAF", "237677000001", Outcome.SUCCEEDED
    )
    return ticket(payment=payment, language="fr")


def press(client: Client, one: Ticket, action: str, **fields: str):
    return client.post(
        reverse("admin:support_tickets_ticket_changelist") + f"?q={one.public_id}",
        {"_selected_action": str(one.pk), "action": action, **fields},
        follow=True,
    )


def page(client: Client, one: Ticket) -> str:
    return client.get(reverse("admin:support_tickets_ticket_change", args=[one.pk])).text


def test_the_ticket_says_what_the_case_is_beside_all_that_happened(desk, debited):
    text = page(desk, debited)

    assert "Perhaps debited, not confirmed" in text or "Peut-être débité" in text
    assert 'value="ask_provider"' in text
    assert "lomi-timeline" in text
    assert "/help/fr/debited-not-confirmed" in text


def test_payer_debited_asked_settled_answered(desk, debited):
    """Three clicks: ask the provider, insert the sentence, send it."""
    press(desk, debited, "ask_provider")
    inserted = press(desk, debited, "insert_sentence").text
    sentence = "Votre paiement est arrivé et confirmé à la boutique."
    seen = Ticket.objects.get(pk=debited.pk).sequence
    press(desk, debited, "answer", body=sentence, then="resolved", seen=str(seen))

    assert Payment.objects.get().status == "succeeded"
    assert sentence in inserted
    debited.refresh_from_db()
    assert (debited.status, debited.first_answered_at is not None) == ("resolved", True)
    acted = debited.events.get(kind="acted")
    assert acted.data == {
        "action": "ask_provider",
        "before": "debited_not_confirmed",
        "after": "all_is_well",
    }
    assert AuditEntry.objects.filter(action="ticket.ask_provider").count() == 1


def test_what_is_not_right_any_more_is_not_done(debited, agent, clock):
    Attempt.objects.update(status="succeeded")
    Payment.objects.update(status="succeeded")

    with pytest.raises(CaseHasChanged):
        act_on_case(
            ticket_id=debited.pk, action=NextAction.ASK_PROVIDER, author=agent, now=clock.now
        )

    assert not debited.events.filter(kind="acted").exists()


def test_who_may_not_ask_on_the_payments_page_may_not_ask_here(debited, provider):
    user = User.objects.create_user("binta", password="secret", is_staff=True)
    user.user_permissions.add(
        *Permission.objects.filter(codename__in=("view_ticket", "change_ticket"))
    )
    client = Client()
    client.force_login(user)

    text = page(client, debited)
    press(client, debited, "ask_provider")

    assert 'value="ask_provider"' not in text
    assert provider.queries == []
    assert not AuditEntry.objects.filter(action="ticket.ask_provider").exists()


def test_webhooks_are_sent_again_from_the_ticket(desk, ticket, clock):
    merchant = MerchantFactory()
    EndpointFactory(merchant=merchant)
    payment = PaymentFactory(merchant=merchant, succeeded=True, created_at=clock.now)
    Delivery.objects.update(status="failed", tries=16, next_attempt_at=None)
    one = ticket(payment=payment, category="webhook_not_received")

    press(desk, one, "send_webhooks_again")

    assert set(Delivery.objects.values_list("status", "tries")) == {("pending", 0)}
    assert one.events.get(kind="acted").data["after"] == "webhook_under_way"


def test_a_ticket_about_nothing_has_no_case(desk, ticket):
    text = page(desk, ticket(category="other"))

    assert 'id="case"' not in text


def test_the_list_shows_what_is_due_first(desk, ticket, clock, django_assert_max_num_queries):
    promise_service_levels()
    for _ in range(5):
        ticket()
    address = reverse("admin:support_tickets_ticket_changelist")
    desk.get(address)

    with django_assert_max_num_queries(20):
        listed = desk.get(address)

    assert listed.status_code == 200
    assert "14:00" in listed.text


def test_a_timeline_has_the_tickets_of_the_payment_and_of_its_payer(ticket, clock):
    payment = PaymentFactory(succeeded=True)
    other = PaymentFactory(succeeded=True)
    foreign = PaymentFactory(succeeded=True, payer_msisdn="237677000009")
    own, before, _ = (ticket(payment=one) for one in (payment, other, foreign))

    entries = timeline_entries(payment.pk)

    titles = {entry.title.split()[1].rstrip(",") for entry in entries}
    assert titles == {own.shown_number, before.shown_number}
    assert {bool(entry.detail) for entry in entries} == {True, False}


def test_what_is_disputed_leads_to_the_dispute_and_to_no_refund(ticket, clock):
    payment = PaymentFactory(succeeded=True)
    dispute = open_dispute(
        payment_id=payment.pk,
        order=DisputeOrder(reason="fraud"),
        opened_by="provider",
        now=clock.now,
    )
    leader = Client()
    leader.force_login(User.objects.create_superuser("chef", password="secret"))

    text = page(leader, ticket(payment=payment, category="paid_twice"))

    assert reverse("staff-dispute", args=[dispute.pk]) in text
    assert f"{reverse('admin:refunds_refund_add')}?payment=" not in text


def test_what_was_paid_twice_leads_to_a_refund_else_to_a_dispute(ticket, clock):
    merchant = MerchantFactory()
    first, _second = (
        PaymentFactory(merchant=merchant, succeeded=True, created_at=clock.now) for _ in range(2)
    )
    leader = Client()
    leader.force_login(User.objects.create_superuser("chef", password="secret"))

    text = page(leader, ticket(payment=first, category="paid_twice"))

    assert f"{reverse('admin:refunds_refund_add')}?payment={first.public_id}" in text
    try:
        dispute = reverse("admin:disputes_dispute_add")
    except NoReverseMatch:
        assert "/disputes/" not in text
    else:
        assert f"{dispute}?payment={first.public_id}" in text
