"""What an earlier number leaves behind asks nobody, misleads nobody and calls no person in vain."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.ttl_cache import clear_all
from apps.ledger.models import Transfer
from apps.merchants.models import Merchant
from apps.merchants.selectors.refuse_disabled import MerchantDisabled
from apps.monitoring.selectors.sources.unusual import repeated_failures
from apps.orchestration.services.apply_replies import apply_reply
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payments.models import Payment, PaymentStatus
from apps.payments.services.expire_payment import expire_payment
from apps.payments.services.name_payer import name_payer
from apps.payments.transitions import PAYMENT_MOVES
from apps.providers.contract import (
    FailureCode,
    NextAction,
    NotSent,
    Operation,
    Outcome,
    OutcomeUnknown,
    ProviderResult,
)
from apps.providers.models import ProviderAccount
from apps.support_tickets.selectors.read_case import read_case
from apps.webhooks.models import Event
from tests.checkout.conftest import MTN, ORANGE, Payer, TwoNetworks, broken, failed, hear
from tests.fakes import FAKE, open_account, raising, register, submit_due

GABON = "+24166031234"
AUTHORIZED = ProviderResult(Outcome.AUTHORIZED)
TO_A_PAGE = ProviderResult(
    Outcome.REQUIRES_ACTION, next_action=NextAction("redirect", "https://rail.example/1")
)


class TwoCountries(TwoNetworks):
    profile = replace(
        TwoNetworks.profile,
        operations={
            Operation.COLLECT: replace(
                TwoNetworks.profile.operations[Operation.COLLECT],
                currencies={"CM": "XAF", "GA": "XAF"},
                operators=("mtn", "orange", "moov"),
            )
        },
    )


@pytest.fixture
def two_countries(monkeypatch, provider, shop):
    register(monkeypatch, {FAKE: (provider, TwoCountries)})
    open_account(country="GA")
    clear_all()


def asked(payer, phone=MTN, operator="mtn"):
    payer.agrees(phone, operator, seen=payer.payment.attempts.count())
    submit_due(timezone.now())
    return payer.payment.attempts.latest("id")


@pytest.mark.parametrize("status", [one for one in PAYMENT_MOVES if "failed" in PAYMENT_MOVES[one]])
def test_whatever_can_fail_can_ask_for_another_number(status):
    assert PaymentStatus.REQUIRES_ACTION in PAYMENT_MOVES[status]


@pytest.mark.parametrize("before", [AUTHORIZED, TO_A_PAGE], ids=["held by a bank", "on a page"])
def test_what_failed_after_more_than_a_prompt_asks_for_another_number_and_tells_it(payer, before):
    asked(payer)
    hear(payer.payment, before)
    told = Event.objects.count()

    payment = hear(payer.payment, failed())

    assert (payment.status, payment.payer_choice) == ("requires_action", "open")
    (event,) = Event.objects.order_by("-sequence")[: Event.objects.count() - told]
    body = json.loads(event.body)
    assert body["type"] == "payment.requires_action"
    assert body["data"]["next_action"]["url"] == payer.url
    assert broken() == {}
    asked(payer, ORANGE, "orange")
    payment = hear(payer.payment, ProviderResult(Outcome.SUCCEEDED, amount=1_500, currency="XAF"))
    assert Transfer.objects.filter(source_id=payment.pk, kind="gross").count() == 1
    assert broken() == {}


def test_what_is_said_again_of_an_earlier_number_is_no_contradiction(payer, provider):
    first = asked(payer)
    provider.settle(first.reference, Outcome.FAILED)
    refresh_attempt(attempt_id=first.pk, source="poll", now=timezone.now())
    asked(payer, ORANGE, "orange")

    # A callback leads to this question; the provider names the number that it had asked.
    refresh_attempt(attempt_id=first.pk, source="callback", now=timezone.now())

    first.refresh_from_db()
    assert provider.queries[-1].counterparty == ""
    assert (first.contradiction, first.needs_person) == ("", False)
    assert hear(payer.payment, failed()).status == "requires_action"
    assert broken() == {}


def test_while_a_number_is_asked_for_nothing_is_tried_by_itself(payer, provider):
    open_account()
    clear_all()
    payer.agrees()
    chosen = payer.payment.attempts.get().provider_account_id
    others = ProviderAccount.objects.exclude(pk=chosen)
    others.update(is_active=False)
    clear_all()
    provider.on_collect = [raising(NotSent("closed", failure_code=FailureCode.CONFIGURATION))]
    submit_due(timezone.now())
    assert payer.payment.status == "requires_action"
    others.update(is_active=True)
    clear_all()

    # Late news, and the account that was closed could serve now.
    hear(payer.payment, OutcomeUnknown("the line broke"))
    submit_due(timezone.now() + timedelta(seconds=10))

    assert payer.payment.attempts.count() == len(provider.orders) == 1
    assert "<form" in payer.reads()
    assert broken() == {}


def test_another_payer_than_the_one_named_last_is_a_contradiction_still(payer):
    attempt = asked(payer)
    answer = ProviderResult(
        Outcome.SUCCEEDED, amount=1_500, currency="XAF", counterparty="237677000009"
    )

    apply_reply(attempt_id=attempt.pk, answer=answer, source="poll", now=timezone.now())

    attempt.refresh_from_db()
    assert attempt.needs_person
    assert payer.payment.status == "verifying"


def test_a_number_of_another_country_and_then_one_at_home(payer, provider, two_countries):
    asked(payer, GABON, "moov")
    assert (payer.payment.country, payer.payment.operator) == ("GA", "moov")
    hear(payer.payment, failed())

    # As it is written at home.
    page = payer.types(MTN)
    asked(payer)

    assert "+237 6 77 00 00 01" in page.content.decode()
    assert [order.country for order in provider.orders] == ["GA", "CM"]
    assert broken() == {}


def test_nobody_is_asked_for_a_shop_that_was_disabled(payer):
    page = payer.reads()
    Merchant.objects.update(is_active=False)

    answer = payer.agrees()

    assert "<form" in page
    assert answer.status_code == 303
    assert not payer.payment.attempts.exists()
    page = payer.reads()
    assert "You cannot pay here any more" in page
    assert "<form" not in page
    assert "Continue the payment" not in page


def test_a_shop_disabled_while_its_payer_agrees_is_asked_for_no_more(payer):
    Merchant.objects.update(is_active=False)

    with pytest.raises(MerchantDisabled):
        name_payer(
            payment_id=payer.payment.pk, phone=MTN, operator="mtn", seen=0, now=timezone.now()
        )

    assert not payer.payment.attempts.exists()


def test_a_page_whose_time_is_over_does_not_lead_to_itself(payer):
    Payment.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    page = payer.reads()

    assert "You cannot pay here any more" in page
    assert "Continue the payment" not in page
    assert expire_payment(payment_id=payer.payment.pk, now=timezone.now())
    assert "time to say which number pays is over" in payer.reads()


def test_whoever_writes_to_us_meanwhile_is_not_sent_to_an_operators_page(payer):
    asked(payer)
    hear(payer.payment, TO_A_PAGE)
    assert read_case("payment", payer.payment.pk).code == "page_open"

    hear(payer.payment, failed())

    assert read_case("payment", payer.payment.pk).code == "number_asked"


def test_pages_that_nobody_filled_in_are_no_failures_of_one_payer(shop, client, payer):
    wanted = {
        "window_s": 3_600,
        "payer_failures": 2,
        "merchant_failures": 2,
        "share": 0.5,
        "includes_test": True,
    }
    others = [shop.post({"amount": 900, "currency": "XAF", "checkout": True}) for _ in range(2)]
    Payment.objects.update(status="expired")
    assert list(repeated_failures(wanted, timezone.now())) == []

    for created in others:
        Payment.objects.update(status="requires_action")
        Payer(client, created.json()).agrees()
    Payment.objects.update(status="expired")

    assert {one.facts["failed"] for one in repeated_failures(wanted, timezone.now())} == {2}
