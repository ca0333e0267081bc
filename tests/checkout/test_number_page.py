"""A payer says on our page which number pays: it is asked once, and another only when it is certain
that nothing was taken."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.fees.models import FeePlan
from apps.fees.rules.fee_terms import FeeTerms
from apps.fees.selectors.fee_plans import _lines
from apps.fees.services.add_version import add_version
from apps.ledger.models import Transfer
from apps.payments.models import Payment
from apps.payments.services.cancel_payment import cancel_payment
from apps.payments.services.expire_payment import expire_payment
from apps.payments.services.name_payer import PayerAlreadyNamed, name_payer
from apps.providers.contract import (
    FailureCode,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ProviderMisbehaved,
    ProviderResult,
)
from apps.refunds.models import Refund
from apps.webhooks.models import Event
from tests.api.conftest import refusal
from tests.checkout.conftest import MTN, ORANGE, Payer, broken, failed, hear
from tests.fakes import raising, submit_due
from tests.killed import is_killed_at

# --- What the shop asks for


def test_a_payment_without_a_number_leads_to_our_page_and_asks_nobody(shop, payer, provider):
    seen = shop.get(f"/api/v1/payments/{payer.id}").json()

    assert (seen["status"], seen["operator"], seen["payer"]["phone"]) == ("requires_action", "", "")
    assert seen["next_action"] == {"kind": "redirect", "url": payer.url}
    event = Event.objects.get(object_id=payer.payment.pk)
    assert (event.type, json.loads(event.body)["data"]) == ("payment.created", seen)
    assert submit_due(timezone.now()) == 0
    assert provider.orders == []
    assert broken() == {}


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"payer": {"phone": MTN}}, "not_taken", "payer.phone"),
        ({"checkout": False}, "required", "payer"),
        ({"checkout": False, "payer": {"country": "CM"}}, "required", "payer.phone"),
        ({"checkout": "yes"}, "not_boolean", "checkout"),
        ({"currency": "EUR"}, "no_rail", "currency"),
        ({"amount": 1}, "amount_out_of_range", "amount"),
        ({"payer": {"operator": "wave"}}, "no_rail", "payer.operator"),
        ({"payer": {"country": "SN"}}, "no_rail", "payer.country"),
    ],
)
def test_what_no_page_could_be_paid_by_is_refused_at_once(shop, body, code, field):
    answer = shop.post({"amount": 1_500, "currency": "XAF", "checkout": True, **body})

    assert refusal(answer)[1:] == (code, field)
    assert not Payment.objects.exists()


def test_at_the_address_of_one_operator_the_number_is_given(shop):
    body = {"amount": 1_500, "currency": "XAF", "checkout": True}

    answer = shop.post(body, path="/api/v1/mtn/collection")

    assert refusal(answer)[1] == "unknown_field"


# --- What the payer does


@pytest.mark.parametrize(
    "typed", ["677000001", "+237 677 00 00 01", "00237677000001", "6 77-00.00 01", "237677000001"]
)
def test_a_number_as_people_write_it_is_known_and_shown_before_it_is_asked(payer, provider, typed):
    page = payer.types(typed).content.decode()

    assert "+237 6 77 00 00 01" in page
    assert "1\u202f500" in page
    assert page.count("checked") == 1
    assert page.index('value="mtn"') < page.index("checked") < page.index('value="orange"')
    assert not payer.payment.attempts.exists()


def test_a_number_that_is_named_later_costs_what_its_payment_was_promised(payer):
    now = timezone.now()
    add_version(
        plan=FeePlan.objects.get(merchants__merchant=payer.payment.merchant),
        lines=[FeeTerms(operation="collect", said_in="XAF", basis_points=Decimal(1_000))],
        valid_from=now,
        after_number=1,
        now=now,
    )
    _lines.clear()

    payer.agrees()

    assert payer.payment.fee == 30


def test_a_number_is_asked_once_however_often_the_button_is_pressed(payer, provider, shop):
    first, second = payer.agrees(), payer.agrees()
    other = payer.agrees(ORANGE, "orange")
    submit_due(timezone.now())
    late = payer.agrees(seen=1)

    assert {one.status_code for one in (first, second, other, late)} == {303}
    assert [order.payer_msisdn for order in provider.orders] == ["237677000001"]
    payment = payer.payment
    assert (payment.status, payment.operator, payment.provider) == ("pending", "mtn", "fake")
    assert payment.fee == 30
    assert "Confirm on your phone" in payer.reads()
    shown = shop.get(f"/api/v1/payments/{payer.id}").json()
    assert shown["payer"]["phone"] == "+237 •••••••01"
    assert broken() == {}

    hear(payment, ProviderResult(Outcome.SUCCEEDED, amount=1_500, currency="XAF"))

    assert Transfer.objects.filter(source_id=payment.pk).exists()
    assert "https://shop.example/thanks" in payer.reads()
    assert broken() == {}


def test_the_payer_corrects_whose_wallet_it_is(payer):
    payer.agrees(MTN, "orange")

    assert payer.payment.operator == "orange"


def test_after_a_certain_failure_another_number_is_asked_of_the_same_payment(payer, provider):
    payer.agrees()
    submit_due(timezone.now())

    payment = hear(payer.payment, failed())

    assert (payment.status, payment.failure_code) == ("requires_action", "")
    told = json.loads(Event.objects.filter(object_id=payment.pk).latest("sequence").body)
    assert told["type"] == "payment.requires_action"
    assert told["data"]["next_action"]["url"] == payer.url
    assert "Nothing was taken" in payer.reads()
    assert broken() == {}
    # The page of before asks nobody.
    payer.agrees(seen=0)
    assert payment.attempts.count() == 1

    payer.agrees(ORANGE, "orange", seen=1)
    submit_due(timezone.now())
    payment = hear(payer.payment, ProviderResult(Outcome.SUCCEEDED, amount=1_500, currency="XAF"))

    assert payment.status == "succeeded"
    assert [order.payer_msisdn for order in provider.orders] == ["237677000001", "237699000001"]
    assert broken() == {}


@pytest.mark.parametrize(
    "news", [OutcomeUnknown("the line broke"), ProviderMisbehaved("nonsense")], ids=["cut", "odd"]
)
def test_nobody_is_asked_again_while_the_outcome_is_unknown(payer, provider, news):
    provider.on_collect = [raising(news)]
    payer.agrees()
    submit_due(timezone.now())

    page = payer.reads()
    payer.agrees(ORANGE, "orange", seen=1)

    assert payer.payment.status == "verifying"
    assert "<form" not in page
    assert payer.payment.attempts.count() == 1


def test_a_number_that_nobody_was_sent_to_is_corrected_and_never_asked(payer, provider):
    payer.agrees()
    assert "Wrong number? Correct it" in payer.reads()

    payer.agrees("677000002", seen=1)
    submit_due(timezone.now())

    assert [order.payer_msisdn for order in provider.orders] == ["237677000002"]
    assert payer.payment.candidates[0]["reason"] == "kept"
    assert broken() == {}


def test_four_tries_and_it_has_failed(payer):
    for seen in range(4):
        payer.agrees(seen=seen)
        submit_due(timezone.now())
        payment = hear(payer.payment, failed())

    assert (payment.status, payment.failure_code) == ("failed", "insufficient_funds")
    assert "https://shop.example/cart" in payer.reads()
    payer.agrees(seen=4)
    assert payment.attempts.count() == 4
    assert broken() == {}


def test_what_could_not_be_sent_is_asked_for_again_when_no_account_is_left(payer, provider):
    provider.on_collect = [raising(NotSent("closed", failure_code=FailureCode.CONFIGURATION))]
    payer.agrees()

    submit_due(timezone.now())

    assert payer.payment.status == "requires_action"
    assert "<form" in payer.reads()


def test_word_of_an_earlier_number_that_had_failed_stops_the_asking(payer):
    payer.agrees()
    submit_due(timezone.now())
    payment = hear(payer.payment, failed())

    payment = hear(payment, ProviderResult(Outcome.SUCCEEDED, amount=1_500, currency="XAF"))
    payer.agrees(ORANGE, "orange", seen=1)

    assert payment.status == "verifying"
    assert payment.attempts.count() == 1
    assert "<form" not in payer.reads()


def test_nothing_is_given_back_to_a_number_that_did_not_pay(payer, shop):
    payer.agrees()
    submit_due(timezone.now())
    hear(payer.payment, failed())
    payer.agrees(ORANGE, "orange", seen=1)
    submit_due(timezone.now())
    payment = hear(payer.payment, ProviderResult(Outcome.SUCCEEDED, amount=1_500, currency="XAF"))
    # As two people book it whom the provider tells that it had been the first.
    first, second = payment.attempts.order_by("id")
    payment.attempts.filter(pk=second.pk).update(status="failed")
    payment.attempts.filter(pk=first.pk).update(status="succeeded")

    answer = shop.post({"payment": payer.id}, path="/api/v1/refunds")

    assert refusal(answer)[:2] == (422, "refund_not_possible")
    assert not Refund.objects.exists()


def test_a_page_that_nobody_filled_in_expires_and_one_that_is_canceled_asks_nobody(payer, shop):
    payment = payer.payment
    over = payment.expires_at
    early = expire_payment(payment_id=payment.pk, now=over - timedelta(seconds=1))

    with pytest.raises(PayerAlreadyNamed):
        name_payer(payment_id=payment.pk, phone=MTN, operator="mtn", seen=0, now=over)
    assert expire_payment(payment_id=payment.pk, now=over)

    assert payer.agrees().status_code == 303
    assert (early, payer.payment.status) == (False, "expired")
    assert not payment.attempts.exists()
    assert broken(at=over) == {}

    other = Payer(
        payer.client,
        shop.post({"amount": 900, "currency": "XAF", "checkout": True}).json(),
    )
    canceled = cancel_payment(payment_id=Payment.objects.get(amount=900).pk, now=timezone.now())
    other.agrees()
    assert (canceled.status, canceled.next_action) == ("canceled", None)
    assert not canceled.attempts.exists()


def test_one_number_is_asked_no_oftener_than_shops_may(payer, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "payer_test": 1}
    payer.agrees("677000007")
    submit_due(timezone.now())
    hear(payer.payment, failed())

    answer = payer.agrees("677000007", seen=1)

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "asked too often" in answer.content.decode()
    assert payer.payment.attempts.count() == 1


def test_nothing_odd_is_asked_and_nothing_breaks(payer):
    odd = [
        "",
        "\0",
        "<script>alert(1)</script>",
        "+" * 40,
        "9" * 41,
        "abc",
        "٦٧٧٠٠٠٠٠١x",
        "\u202e1",
    ]
    for text in odd:
        answer = payer.types(text)
        assert answer.status_code in {400, 422}, text
        assert b"<script>alert" not in answer.content
    for fields in (
        {"phone": MTN, "operator": "wave", "seen": "0"},
        {"phone": MTN, "operator": "", "seen": "0"},
        {"phone": MTN, "operator": "mtn", "seen": "x"},
        {"phone": MTN, "operator": "mtn", "seen": "-1"},
        {"phone": MTN, "operator": "mtn", "seen": "9" * 30},
        {"operator": "mtn", "seen": "0"},
    ):
        assert payer.client.post(payer.path, fields).status_code == 400, fields
    assert payer.client.post(payer.path[:-1] + "2", {"phone": MTN}).status_code == 404
    assert not payer.payment.attempts.exists()


def test_the_page_is_the_payers_alone_and_stands_on_no_script(payer):
    answer = payer.client.get(payer.path + "?language=fr")

    text = answer.content.decode()
    assert 'lang="fr"' in text
    assert "Quel numéro paie" in text
    assert "<script" not in text
    assert answer["Cache-Control"] == "no-store"
    assert "form-action 'self'" in answer["Content-Security-Policy"]


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_as_she_agrees_has_asked_nobody_and_she_agrees_again(payer, provider):
    payment = payer.payment

    def agree():
        name_payer(payment_id=payment.pk, phone=MTN, operator="mtn", seen=0, now=timezone.now())

    assert is_killed_at("checkout.choice.before_commit", agree)
    assert not payment.attempts.exists()
    agree()
    submit_due(timezone.now())

    assert len(provider.orders) == 1
    assert broken() == {}
