"""A payer on the telephone, debited and not confirmed: asked, settled, answered in a few clicks."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from apps.payments.models import Payment
from apps.providers.contract import Outcome
from apps.support_tickets.models import RequesterKind, Team
from apps.support_tickets.rules.author import payer_author
from apps.support_tickets.rules.subjects import Subject
from apps.support_tickets.services.look_at_clock import look_at_clock
from apps.support_tickets.services.open_ticket import TicketOrder, open_ticket
from tests.browser.conftest import LANGUAGES_OF_WORK
from tests.factories import MerchantFactory, PaymentFactory
from tests.fakes import Instruction, open_account
from tests.support_tickets.service_levels import promise_service_levels

pytestmark = pytest.mark.django_db(transaction=True)

# In one language nothing of the other may be shown.
SAID = {
    "fr": ("Débité sans confirmation", "J’ai été débitée de 5 000 F."),
    "en": ("Debited and unconfirmed", "I was debited of 5,000 F."),
}
SETTLED = {
    "fr": "Votre paiement est arrivé et confirmé à la boutique.",
    "en": "Your payment has arrived and is confirmed to the shop.",
}


def tickets_of_a_payer(provider, language):
    """One of a payment that the provider can settle, and an earlier one that is late."""
    promise_service_levels()
    merchant = MerchantFactory(language=language, name="Boutique d’Awa")
    payment = PaymentFactory(merchant=merchant, verifying=True, account=open_account())
    earlier = PaymentFactory(merchant=merchant, failed=True)
    provider.book[payment.attempts.get().reference] = Instruction(
        payment.amount, "XAF", "237677000001", Outcome.SUCCEEDED
    )
    subject, body = SAID[language]
    made = []
    for one, created in (
        (earlier, timezone.now() - timedelta(days=9)),
        (payment, timezone.now() - timedelta(minutes=10)),
    ):
        order = TicketOrder(
            requester_kind=RequesterKind.PAYER,
            merchant_id=merchant.pk,
            livemode=False,
            subject=subject,
            body=body,
            category="debited_not_confirmed",
            language=language,
            priority="high",
            about=Subject("payment", one.pk, merchant.pk, False, "payment"),
        )
        author = payer_author(one.public_id)
        made.append(open_ticket(order, author=author, channel="page", now=created))
    late = made[0]
    look_at_clock(clock_id=late.clocks.get(kind="resolution").pk, now=timezone.now())
    return made[1]


@LANGUAGES_OF_WORK
def test_the_call_of_who_was_debited_and_not_confirmed(reader, language, provider):
    ticket = tickets_of_a_payer(provider, language)
    Team.objects.create(name="Orange Money", created_at=timezone.now())
    agent = User.objects.create_superuser("awa", first_name="Awa", last_name="Ndiaye")
    desk = reader(language, agent)

    desk.open(reverse("admin:support_tickets_ticket_changelist"))
    desk.look()
    desk.open(reverse("admin:support_tickets_ticket_change", args=[ticket.pk]))
    desk.look()
    desk.press("#case [value=ask_provider]")
    desk.look(is_first=False)
    desk.press("#case [value=insert_sentence]")
    assert desk.page.input_value("#ticket-answer [name=body]") == SETTLED[language]
    desk.page.select_option("#ticket-answer [name=then]", "resolved")
    desk.press("[value=answer]")
    desk.look(is_first=False)

    ticket.refresh_from_db()
    assert (ticket.status, Payment.objects.get(pk=ticket.about_id).status) == (
        "resolved",
        "succeeded",
    )
    for page in ("slapolicy_report", "slapolicy_changelist", "businesscalendar_changelist"):
        desk.open(reverse(f"admin:support_tickets_{page}"))
        desk.look()
    assert not desk.problems, "\n".join(desk.problems)


@LANGUAGES_OF_WORK
def test_about_so_much_yesterday_around_two_is_found_without_a_reference(reader, language):
    account = open_account()
    yesterday = timezone.now().astimezone(ZoneInfo("Africa/Douala")) - timedelta(days=1)
    at = yesterday.replace(hour=14, minute=12)
    merchant = MerchantFactory(name="Boutique d’Awa")
    meant = PaymentFactory(merchant=merchant, account=account, created_at=at, amount=5_200)
    PaymentFactory.create_batch(30, merchant=merchant, account=account, created_at=at)
    agent = User.objects.create_superuser("awa", first_name="Awa", last_name="Ndiaye")
    desk = reader(language, agent)

    desk.open(reverse("admin:payments_payment_look_up"))
    desk.look()
    for name, value in {
        "amount_from": "4500",
        "amount_to": "5500",
        "day": at.date().isoformat(),
        "around": "14",
        "merchant": "boutique",
        "number": "01",
    }.items():
        desk.page.fill(f"[name={name}]", value)
    desk.page.select_option("[name=operator]", "mtn")
    desk.page.select_option("[name=mode]", "test")
    desk.press("#look-up button")
    desk.look(is_first=False)
    desk.page.fill("[name=amount_from]", "5200")
    desk.page.fill("[name=amount_to]", "")
    desk.press("#look-up button")
    assert desk.page.locator(".lomi-found li").count() == 1
    assert meant.public_id in desk.page.inner_text(".lomi-found")
    desk.page.fill("[name=number]", "0001")
    desk.press("#look-up button")
    desk.look(is_first=False)
    assert not desk.problems, "\n".join(desk.problems)
