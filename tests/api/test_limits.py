"""How often a program may call is told in every answer, and what is refused leaves nothing."""

import re
import threading

import pytest
from django.db import connection
from django.test import override_settings

from apps.core import rate_limit
from apps.core.models import IdempotencyRecord
from apps.core.work import wake_up
from apps.payments.models import Payment
from apps.sign_in.limits import LoginRateLimited, LoginUnavailable, limit_login
from tests.api.conftest import PAYMENTS, Shop, payment_body, refusal
from tests.fakes import open_account
from tests.leaks import leaking_keys

pytestmark = pytest.mark.django_db

BALANCE = "/api/v1/balance"
MSISDN = "237677000001"


@pytest.fixture
def quotas(settings):
    """Change some of the limits for one test."""

    def change(**quotas):
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, **quotas}

    return change


def left(answer, policy="default"):
    """How much of a policy is left, as the answer's headers have it."""
    return int(re.search(rf'"{policy}";r=(\d+);t=\d+', answer["RateLimit"])[1])


def test_every_answer_says_what_is_allowed_and_what_is_left(shop):
    first, second = shop.get(BALANCE), shop.get(BALANCE)

    assert first["RateLimit-Policy"] == '"default";q=6000;w=60, "merchant";q=30000;w=60'
    assert first["RateLimit"] == '"default";r=5999;t=60, "merchant";r=29999;t=60'
    assert left(second) == 5_998


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lambda shop: shop.get(BALANCE), 200),
        (lambda shop: shop.post(), 201),
        (lambda shop: shop.post(payment_body(amount=0)), 400),
        (lambda shop: shop.post(b"{"), 400),
        (lambda shop: shop.post(headers={"Idempotency-Key": ""}), 400),
        (lambda shop: shop.post(payment_body(currency="XOF")), 422),
        (lambda shop: shop.get(f"{PAYMENTS}/pay_x"), 404),
        (lambda shop: shop.post(path=BALANCE), 405),
        (lambda shop: shop.post(content_type="text/plain"), 415),
    ],
)
def test_each_request_counts_once_whatever_becomes_of_it(shop, ask, status):
    answer = ask(shop)

    assert answer.status_code == status
    assert (left(answer), left(answer, "merchant")) == (5_999, 29_999)


def test_a_request_beyond_its_scopes_counts_too(account):
    answer = Shop(scopes=["balance:read"]).post()

    assert (answer.status_code, left(answer)) == (403, 5_999)


@pytest.mark.parametrize("which", ["credential", "merchant"])
def test_who_comes_too_often_is_told_when_to_come_again(shop, quotas, which):
    quotas(**{which: 3})
    for _ in range(3):
        assert shop.get(BALANCE).status_code == 200

    answer = shop.get(BALANCE)

    assert refusal(answer)[:2] == (429, "rate_limited")
    assert answer["Retry-After"] in {"59", "60"}
    assert left(answer, "default" if which == "credential" else "merchant") == 0


@pytest.mark.parametrize("body", [payment_body(), payment_body(amount=0), b"{"])
def test_a_payment_asked_for_too_often_leaves_nothing(shop, quotas, body):
    quotas(credential=0)

    assert refusal(shop.post(body))[:2] == (429, "rate_limited")
    assert not Payment.objects.exists()
    assert not IdempotencyRecord.objects.exists()


def test_one_credential_does_not_use_up_anothers_limit(shop, quotas):
    quotas(credential=1)
    sibling, stranger = Shop(shop.merchant), Shop()

    answers = [caller.get(BALANCE).status_code for caller in (shop, sibling, stranger, shop)]

    assert answers == [200, 200, 200, 429]


def test_a_merchants_modes_have_limits_of_their_own(shop, quotas):
    quotas(merchant=1)
    live = Shop(shop.merchant, livemode=True)

    assert [one.get(BALANCE).status_code for one in (shop, live, shop)] == [200, 200, 429]


def test_bad_credentials_are_counted_by_address(shop, quotas):
    quotas(unauthenticated=2)
    shop.key = "nonsense"
    answers = [shop.get(BALANCE) for _ in range(3)]

    elsewhere = shop.client.get(BALANCE, REMOTE_ADDR="203.0.113.9")

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert refusal(answers[2])[:2] == (429, "rate_limited")
    assert left(answers[0], "unauthenticated") == 1
    assert elsewhere.status_code == 401


def test_a_household_of_ipv6_is_one_address(shop, quotas):
    quotas(unauthenticated=1)
    ask = [f"2001:db8:1:2::{number}" for number in (1, 2)] + ["2001:db8:1:3::1"]

    answers = [shop.client.get(BALANCE, REMOTE_ADDR=address).status_code for address in ask]

    assert answers == [401, 429, 401]


def test_good_credentials_are_served_from_an_address_that_others_use_up(shop, quotas):
    quotas(unauthenticated=1)
    for _ in range(3):
        shop.client.get(BALANCE)

    assert shop.get(BALANCE).status_code == 200


def test_a_payer_is_asked_five_times_a_minute_in_live_mode_and_sixty_in_test_mode(account, quotas):
    open_account(livemode=True)
    live = Shop(livemode=True)
    test = Shop(live.merchant)

    answers = [live.post().status_code for _ in range(6)]
    test_answers = [test.post().status_code for _ in range(61)]

    assert answers == [201] * 5 + [429]
    assert test_answers == [201] * 60 + [429]


def test_a_payer_asked_too_often_leaves_nothing_and_is_named(shop, quotas):
    quotas(payer_test=1)
    shop.post()

    answer = shop.post()

    assert refusal(answer)[:2] == (429, "payer_rate_limited")
    assert answer["Retry-After"] in {"59", "60"}
    assert (left(answer, "payer"), left(answer)) == (0, 5_998)
    assert Payment.objects.count() == IdempotencyRecord.objects.count() == 1


@pytest.fixture
def live(account):
    """Makes merchants that may ask for real money."""
    open_account(livemode=True)
    return lambda: Shop(livemode=True)


def test_one_merchant_asks_one_payer_so_often_a_day(live, quotas):
    quotas(payer_live=9, payer_live_day=3)
    shop, other = live(), live()

    answers = [shop.post() for _ in range(4)]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert refusal(answers[-1])[:2] == (429, "payer_daily_limit")
    assert int(answers[-1]["Retry-After"]) > 86_000
    assert left(answers[2], "payer_day") == 0
    assert shop.post(payment_body(payer={"phone": "677000002"})).status_code == 201
    assert other.post().status_code == 201
    assert Payment.objects.count() == 5


@pytest.mark.parametrize("quota", ["payer_live_all", "payer_live_all_day"])
def test_all_merchants_together_ask_one_payer_so_often(live, quotas, quota):
    quotas(**{quota: 3})

    answers = [live().post() for _ in range(4)]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert refusal(answers[-1])[:2] == (429, "payer_asked_by_many")
    assert int(answers[-1]["Retry-After"]) > 50
    assert Payment.objects.count() == 3


def test_no_merchant_uses_a_payer_up_for_the_others(live, settings):
    quotas = settings.RATE_LIMITS
    shop, others = live(), [live() for _ in range(3)]
    for n in range(40):
        shop.post(key=f"order-{n}")

    assert [other.post().status_code for other in others] == [201] * 3
    assert quotas["payer_live_all"] >= 4 * quotas["payer_live"]
    assert quotas["payer_live_all_day"] >= 4 * quotas["payer_live_day"]


@pytest.mark.django_db(transaction=True)
def test_one_key_of_two_merchants_counts_twice_and_repeated_once(live, quotas):
    quotas(payer_live_all=2)
    first, second, third = live(), live(), live()

    answers = [shop.post(key="1").status_code for shop in (first, first, second, third)]

    assert answers == [201, 201, 201, 429]


def test_what_other_merchants_ask_is_told_to_nobody(live):
    answer = live().post()

    assert "payer_all" not in answer["RateLimit"] + answer["RateLimit-Policy"]


def test_test_mode_has_neither_a_day_nor_everybodys_limit(shop, quotas):
    quotas(payer_live_day=0, payer_live_all=0, payer_live_all_day=0)

    assert shop.post().status_code == 201


def test_the_limit_is_of_the_payer_however_the_number_is_written(shop, quotas):
    quotas(payer_test=1)

    answers = [
        shop.post(payment_body(payer={"phone": phone})).status_code
        for phone in ("677000001", "+237 6 77 00 00 01", "677000002")
    ]

    assert answers == [201, 429, 201]


def test_one_merchants_payers_are_not_anothers(shop, quotas):
    quotas(payer_test=1)

    assert [one.post().status_code for one in (shop, Shop(), shop)] == [201, 201, 429]


def test_a_refused_request_does_not_use_up_the_payers_limit(shop, quotas):
    quotas(payer_test=1)
    shop.post(payment_body(amount=0))
    shop.post(payment_body(currency="XOF"))

    assert shop.post().status_code == 201


@pytest.mark.django_db(transaction=True)
def test_a_repeated_request_is_answered_and_uses_nothing_up(shop, quotas):
    quotas(payer_test=2)
    first = shop.post(key="order-1")

    again = [shop.post(key="order-1") for _ in range(5)]
    second = shop.post(key="order-2")
    full = [shop.post(key="order-1"), shop.post(key="order-2")]

    assert {answer.content for answer in again} == {first.content}
    assert second.status_code == 201
    assert [answer.content for answer in full] == [first.content, second.content]
    assert refusal(shop.post(key="order-3"))[:2] == (429, "payer_rate_limited")


@pytest.mark.django_db(transaction=True)
def test_a_request_repeated_long_after_uses_nothing_up(shop, quotas):
    quotas(payer_test=1)
    first = shop.post(key="order-1")
    # The minute is over.
    wake_up.client().flushdb()

    again = shop.post(key="order-1")

    assert again.content == first.content
    assert shop.post(key="order-2").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_the_same_request_many_times_at_once_counts_once(shop, quotas):
    quotas(payer_test=1)
    shop.get(BALANCE)
    answers, begin = [], threading.Barrier(8)

    def ask():
        begin.wait(timeout=120)
        answers.append(shop.post(key="order-1").status_code)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert answers == [201] * 8


@pytest.mark.django_db(transaction=True)
def test_creating_a_payment_asks_the_limiter_once(shop, monkeypatch):
    asked, ask = [], rate_limit._ask
    monkeypatch.setattr(
        rate_limit, "_ask", lambda limits, *now: (asked.append(limits), ask(limits, *now))[1]
    )

    answer = shop.post()

    assert [[limit.policy for limit in limits] for limits in asked] == [
        ["default", "merchant", "payer"]
    ]
    assert answer["RateLimit"].count(";r=") == 3


def test_no_key_of_the_limiter_holds_a_number_or_an_address(shop):
    shop.post(payment_body(payer={"phone": MSISDN}))
    shop.client.get(BALANCE, REMOTE_ADDR="203.0.113.9")
    limit_login(address=None, user="awa@shop.example")

    assert len(list(wake_up.client().scan_iter("limit:*"))) == 7
    assert leaking_keys(wake_up.client(), [MSISDN, "677000001", "203.0.113.9", "awa"]) == []


@pytest.mark.usefixtures("limiter_without_redis")
def test_without_redis_the_api_goes_on_within_each_processs_own_cap(shop, quotas):
    quotas(credential=3)

    answers = [shop.get(BALANCE) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert left(answers[0]) == 2


@pytest.mark.usefixtures("limiter_without_redis")
def test_without_redis_payments_are_created(shop):
    assert shop.post().status_code == 201


def test_attempts_to_log_in_are_counted_by_name_and_by_address():
    with override_settings(RATE_LIMITS={"login_address": 3, "login_user": 2, "login_user_hour": 9}):
        limit_login(address=None, user="awa")
        limit_login(address=None, user=" AWA ")
        with pytest.raises(LoginRateLimited) as by_name:
            limit_login(address=None, user="awa")
        limit_login(address=None, user="ben")
        with pytest.raises(LoginRateLimited):
            limit_login(address=None, user="cyr")

    assert by_name.value.retry_after_s in {59, 60}


@pytest.mark.usefixtures("limiter_without_redis")
def test_without_redis_nobody_logs_in():
    with pytest.raises(LoginUnavailable):
        limit_login(address=None, user="awa")
