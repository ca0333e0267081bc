"""Which rails are open, by what their providers did lately."""

from datetime import timedelta

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from apps.core.json_format import instant_as_json
from apps.core.ttl_cache import clear_all
from apps.orchestration.services.apply_replies import apply_reply
from apps.providers.contract import (
    FailureCode,
    NotSent,
    Operation,
    Outcome,
    OutcomeUnknown,
    ProviderResult,
)
from apps.providers.registry import PROFILES
from apps.providers.rules.payer_prompts import PROMPTS
from apps.routing.rules.reply_counts import key_of, minute_of
from apps.routing.selectors import account_health
from apps.routing.selectors.account_health import TROUBLED_MIN
from apps.routing.services.record_replies import record_replies
from tests.api.conftest import Shop, refusal
from tests.factories import PaymentFactory, ProviderAccountFactory
from tests.fakes import FAKE, open_account

pytestmark = pytest.mark.django_db

AVAILABILITY = "/api/v1/providers/availability"


def rails(shop, **query):
    clear_all()
    answer = shop.get(AVAILABILITY, **query)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def instructed(account, clock, *, well=0, in_trouble=0, ago=timedelta(minutes=1)):
    """Instructions given to this account a minute ago, and how they were answered."""
    replies = [(account.pk, False)] * well + [(account.pk, True)] * in_trouble
    record_replies(replies, now=clock.now - ago)


def test_a_rail_says_all_that_a_checkout_must_know(clock, shop):
    (rail,) = rails(shop)

    with translation.override("fr"):
        french = str(PROMPTS["approve_on_phone"])
    assert rail == {
        "object": "availability",
        "livemode": False,
        "country": "CM",
        "operator": "mtn",
        "provider": FAKE,
        "name": "Fake Money",
        "operation": "collect",
        "status": "open",
        "reason": None,
        "since": None,
        "currency": "XAF",
        "decimals": 0,
        "amount_min": 100,
        "amount_max": 1_000_000,
        "authorization": "approve_on_phone",
        "prompt": {
            "fr": french,
            "en": "A payment request appears on your phone. Enter your secret code to approve it.",
        },
    }


def test_every_rail_has_a_prompt():
    approvals = {profile.operations[Operation.COLLECT].approval for profile in PROFILES.values()}

    assert approvals <= PROMPTS.keys()


def test_rails_are_found_by_country_and_operation(shop):
    ProviderAccountFactory(country="CI", currency="XOF")
    ProviderAccountFactory(country="CM", connector="orange_webpay")

    assert [(rail["country"], rail["provider"]) for rail in rails(shop)] == [
        ("CI", "mtn_momo"),
        ("CM", FAKE),
        ("CM", "orange_webpay"),
    ]
    assert len(rails(shop, country="CI")) == 1
    assert len(rails(shop, country="CI,CM", operation="collect")) == 3
    assert rails(shop, country="XX") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [({"operation": "refund"}, "operation"), ({"operator": "mtn"}, "operator")],
)
def test_a_parameter_that_cannot_be_served_is_refused_by_its_name(shop, query, field):
    status, code, at = refusal(shop.get(AVAILABILITY, **query))

    assert (status, at) == (400, field)
    assert code in {"invalid_parameter", "unknown_parameter"}


def test_a_rail_is_closed_when_staff_closed_all_its_accounts(shop, account):
    account.is_active = False
    account.save()

    (rail,) = rails(shop)
    open_account()
    (reopened,) = rails(shop)

    assert (rail["status"], rail["reason"], rail["since"]) == ("closed", "closed_by_us", None)
    assert (reopened["status"], reopened["reason"]) == ("open", None)


def test_others_accounts_and_the_other_modes_are_no_rails(shop, account):
    open_account(country="CI", merchant_id=Shop().merchant.pk)
    open_account(country="SN", livemode=True)

    assert [rail["country"] for rail in rails(shop)] == ["CM"]
    assert [rail["country"] for rail in rails(Shop(shop.merchant, livemode=True))] == ["SN"]


def test_a_rail_is_delayed_when_one_instruction_in_five_has_no_answer(clock, shop, account):
    instructed(account, clock, well=12, in_trouble=TROUBLED_MIN)
    since = (clock.now - timedelta(minutes=1)).replace(second=0, microsecond=0)

    (rail,) = rails(shop)
    instructed(account, clock, well=1)
    (better,) = rails(shop)

    assert (rail["status"], rail["reason"]) == ("delayed", "slow_answers")
    assert rail["since"] == instant_as_json(since)
    assert better["status"] == "open"


def test_fewer_than_three_troubles_are_chance(clock, shop, account):
    instructed(account, clock, in_trouble=TROUBLED_MIN - 1)

    assert rails(shop)[0]["status"] == "open"


def test_old_troubles_are_none(clock, shop, account):
    instructed(account, clock, in_trouble=5, ago=timedelta(minutes=11))

    assert rails(shop)[0]["status"] == "open"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (ProviderResult(Outcome.PENDING), "open"),
        (ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYER_DECLINED), "open"),
        (OutcomeUnknown("no answer in time"), "delayed"),
        (NotSent("refused"), "delayed"),
    ],
    ids=["a slow payer", "a refusal", "silence", "out of reach"],
)
@pytest.mark.django_db(transaction=True)
def test_what_instructions_are_answered_is_counted(clock, shop, account, answer, status):
    for _ in range(TROUBLED_MIN):
        payment = PaymentFactory(account=account, attempt_path=["submitted"], created_at=clock.now)
        apply_reply(
            attempt_id=payment.attempts.get().pk,
            answer=answer,
            is_submission=True,
            source="submit",
            now=clock.now,
        )

    assert rails(shop)[0]["status"] == status


def test_what_somebody_else_wrote_into_redis_is_passed_over(clock, shop, account):
    instructed(account, clock, in_trouble=5)
    key = key_of(minute_of(clock.now - timedelta(minutes=1)))
    account_health.client().hset(
        key, mapping={"garbage": "1", b"\xff:troubled": "x", f"{account.pk}:troubled ": "y"}
    )

    assert rails(shop)[0]["status"] == "delayed"


def test_without_redis_every_rail_passes_for_open(clock, shop, account, monkeypatch):
    instructed(account, clock, in_trouble=5)
    nobody = redis.Redis(port=1, socket_connect_timeout=0.1)
    monkeypatch.setattr(account_health, "client", lambda: nobody)

    assert rails(shop)[0]["status"] == "open"


def test_a_rail_with_one_account_that_answers_is_open(clock, shop, account):
    instructed(account, clock, in_trouble=5)
    assert rails(shop)[0]["status"] == "delayed"

    open_account()

    assert rails(shop)[0]["status"] == "open"


def test_asking_often_costs_the_database_nothing(clock, shop, account):
    instructed(account, clock, in_trouble=1)
    rails(shop)

    with CaptureQueriesContext(connection) as sent:
        shop.get(AVAILABILITY)

    assert len(sent) == 0
