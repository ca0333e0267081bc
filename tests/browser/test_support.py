"""The payer's page of support and the agents' desk, as people use them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from apps.support_tickets.models import CannedAnswer, Team, Ticket
from apps.support_tickets.rules.author import staff_author
from apps.support_tickets.services.add_attachment import add_attachment
from apps.support_tickets.services.add_message import add_message
from apps.support_tickets.services.note_presence import note_presence
from apps.vault.tokens import sign_token
from tests.browser.conftest import LANGUAGES
from tests.factories import MerchantFactory, PaymentFactory

pytestmark = pytest.mark.django_db(transaction=True)
# What people say in the two languages; a walk in one must find no word of the other.
WORDS = {
    "fr": {
        "debited": "J’ai été débité de 5 000 F et la boutique dit que je n’ai pas payé.",
        "note": "La cliente est très pressée.",
        "answer": "Bonjour, votre opérateur confirme le débit. Le paiement est validé.",
        "thanks": "Merci beaucoup !",
        "ask": "Bonjour, nous vérifions.",
    },
    "en": {
        "debited": "I was debited of 5,000 F and the shop says that I have not paid.",
        "note": "She is in a great hurry.",
        "answer": "Hello, your operator confirms the debit. The payment is settled.",
        "thanks": "Thank you!",
        "ask": "Hello, we are looking into it.",
    },
}


@LANGUAGES
def test_a_payer_is_helped_and_every_page_on_the_way_is_made_with_care(reader, language):
    said = WORDS[language]
    merchant = MerchantFactory(language=language, name="Boutique d’Awa")
    payment = PaymentFactory(merchant=merchant, verifying=True)
    agent = User.objects.create_superuser("awa", first_name="Awa", last_name="Ndiaye")
    Team.objects.create(name="Orange Money", created_at=timezone.now())
    CannedAnswer.objects.update_or_create(
        code="here",
        defaults={
            "title_fr": "Opérateur confirmé",
            "title_en": "Operator confirms",
            "body_fr": WORDS["fr"]["answer"],
            "body_en": WORDS["en"]["answer"],
            "created_at": timezone.now(),
        },
    )
    payer, desk = reader(language), reader(language, agent)

    payer.open(f"/pay/{sign_token('payer_page', payment.pk)}")
    payer.press(".help a")
    payer.look()
    payer.page.check("[value=debited_not_confirmed]")
    payer.page.fill("[name=body]", said["debited"])
    payer.page.fill("[name=contact]", "+237 6 77 00 00 01")
    payer.press("form button")
    payer.look()
    ticket = Ticket.objects.get()
    add_attachment(
        ticket_id=ticket.pk,
        name="SMS.txt",
        content=b"5000 F",
        author=staff_author(agent.pk),
        now=timezone.now(),
    )
    note_presence(ticket_id=ticket.pk, user_id=0, name="Binta", is_typing=True, now=timezone.now())

    desk.open(reverse("admin:support_tickets_ticket_changelist"))
    desk.look()
    page = reverse("admin:support_tickets_ticket_change", args=[ticket.pk])
    desk.open(page)
    desk.page.fill("#ticket-answer [name=body]", said["note"])
    desk.press("[value=note]")
    desk.page.select_option("[name=canned]", "here")
    desk.press("[value=insert_canned]")
    assert said["answer"] in desk.page.input_value("#ticket-answer [name=body]")
    desk.page.select_option("#ticket-answer [name=then]", "resolved")
    desk.press("[value=answer]")
    desk.look()
    ticket.refresh_from_db()
    assert ticket.status == "resolved"

    payer.open(f"/pay/{sign_token('payer_page', payment.pk)}/help")
    payer.look()
    payer.page.check("[name=score][value='5']")
    payer.press("form:has([name=score]) button")
    payer.look()
    payer.page.fill("[name=body]", said["thanks"])
    payer.press("form:has([name=body]) button")
    ticket.refresh_from_db()
    assert (ticket.csat_score, ticket.status) == (5, "open")
    # Another agent answers while this one writes.
    desk.open(page)
    add_message(
        ticket_id=ticket.pk,
        body=said["ask"],
        author=staff_author(User.objects.create_user("binta", first_name="Binta").pk),
        channel="admin",
        now=timezone.now(),
    )
    desk.page.fill("#ticket-answer [name=body]", said["answer"])
    desk.press("[value=answer]")
    assert desk.page.input_value("#ticket-answer [name=body]") == said["answer"]
    desk.look()
    for name in ("ticket_add", "team_changelist", "team_add", "cannedanswer_changelist"):
        desk.open(reverse(f"admin:support_tickets_{name}"))
        desk.look()
    canned = CannedAnswer.objects.get(code="here")
    desk.open(reverse("admin:support_tickets_cannedanswer_change", args=[canned.pk]))
    desk.look()

    problems = payer.problems + desk.problems
    assert not problems, "\n".join(problems)
