"""Staff refund a payment from its page, as its merchant asked them to."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.orchestration.models import StatusChange
from apps.refunds.models import Refund
from tests.factories import PaymentFactory

pytestmark = pytest.mark.django_db

NEW = reverse("admin:refunds_refund_add")


def staff(*codenames, language="en"):
    user = User.objects.create_user(f"awa-{len(codenames)}-{language}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    client.cookies["django_language"] = language
    return client


@pytest.fixture
def finance(db):
    return staff("view_payment", "view_refund", "add_refund")


def page_of(client, payment):
    page = client.get(reverse("admin:payments_payment_change", args=[payment.pk]))
    return page.content.decode()


def ask(client, payment, **fields):
    form = {"amount": "4000", "reason": "Broken on arrival", "refunded_before": "0", **fields}
    return client.post(f"{NEW}?payment={payment.public_id}", form, follow=True)


def test_a_payment_is_refunded_from_its_page_and_the_page_says_so(finance, paid, broken_books):
    payment = paid()
    before = page_of(finance, payment)
    form = finance.get(f"{NEW}?payment={payment.public_id}").content.decode()

    answer = ask(finance, payment)

    refund = Refund.objects.get()
    assert f"{NEW}?payment={payment.public_id}" in before
    assert 'value="10000"' in form
    assert payment.payer_msisdn_masked in form
    assert answer.redirect_chain[-1][0] == reverse("admin:refunds_refund_change", args=[refund.pk])
    assert (refund.amount, refund.reason) == (4_000, "Broken on arrival")
    assert StatusChange.objects.filter(owner_id=refund.pk, source="staff").exists()
    entry = AuditEntry.objects.get(action="refund.create")
    assert (entry.target, entry.detail["amount"]) == (refund.public_id, 4_000)
    after = page_of(finance, payment)
    assert "4 000 XAF of 10 000 XAF" in after.replace("\N{NARROW NO-BREAK SPACE}", " ").replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert refund.public_id in after
    assert broken_books() == {}


def test_a_form_that_is_sent_twice_refunds_once(finance, paid):
    payment = paid()
    ask(finance, payment)

    again = ask(finance, payment)

    assert Refund.objects.count() == 1
    assert "Another refund was made meanwhile" in again.content.decode()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "more than is left"), ("fr", "plus que ce qui reste")]
)
def test_a_refusal_is_said_on_the_form_in_the_readers_language(paid, language, words):
    finance = staff("view_payment", "view_refund", "add_refund", language=language)
    payment = paid()

    answer = ask(finance, payment, amount="10001")

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Refund.objects.exists()


@pytest.mark.parametrize("amount", ["0", "-5", "x", "", "4000.5", str(2**63)])
def test_an_amount_that_is_none_is_refused(finance, paid, amount):
    answer = ask(finance, paid(), amount=amount)

    assert answer.status_code == 200
    assert not Refund.objects.exists()


def test_what_was_not_paid_is_not_refunded(finance, account):
    payment = PaymentFactory(submitted=True, account=account)

    answer = ask(finance, payment)

    assert NEW not in page_of(finance, payment)
    assert "there is nothing to refund" in answer.content.decode()
    assert not Refund.objects.exists()


@pytest.mark.parametrize("payment_id", ["", "pay_0", "ref_00000000000000000000000000", "x" * 500])
def test_without_a_payment_it_asks_of_which(finance, payment_id):
    answer = finance.get(NEW, {"payment": payment_id} if payment_id else {})

    assert answer.status_code == 200
    assert 'name="payment"' in answer.content.decode()


def test_who_may_not_refund_is_neither_offered_it_nor_let_in(paid):
    support, payment = staff("view_payment", "view_refund"), paid()

    answer = ask(support, payment)

    assert answer.status_code == 403
    assert NEW not in page_of(support, payment)
    assert not Refund.objects.exists()
