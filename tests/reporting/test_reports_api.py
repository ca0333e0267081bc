"""A merchant's own figures: of its payments alone, in its zone, each currency for itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apps.core.hours import HOUR, hour_of
from apps.reporting.services.count_hour import count_hour
from tests.api.conftest import Shop
from tests.factories import MerchantFactory, PaymentFactory, ProviderAccountFactory

pytestmark = pytest.mark.django_db

REPORTS = "/api/v1/reports/"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = {"from": "2026-03-02", "to": "2026-03-03"}


@pytest.fixture
def shop(clock):
    clock.now = NOON
    return Shop(MerchantFactory(timezone="Africa/Douala"))


@pytest.fixture
def pay(shop):
    """A payment of the shop that many hours ago, or of another's."""

    def make(hours_ago=0, **fields):
        at = NOON - hours_ago * HOUR
        payment = PaymentFactory(**{"merchant": shop.merchant, "created_at": at, **fields})
        count_hour(hour_of(at), now=NOON)
        return payment

    return make


def ask(shop, name, **query):
    answer = shop.get(REPORTS + name, **query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_summary_counts_each_end_and_what_it_moved(shop, pay):
    pay(succeeded=True, amount=5_000, fee=100)
    pay(succeeded=True, amount=1_000, fee=20)
    pay(failed=True)
    pay(verifying=True)
    pay(submitted=True)

    answer = ask(shop, "summary", **DAY)

    [row] = answer["data"]
    figures = row["figures"]
    assert (row["operation"], row["currency"], row["provider"]) == ("collect", "XAF", None)
    assert figures["created"] == figures["submitted"] == 5
    assert [figures[name] for name in ("succeeded", "failed", "verifying", "waiting")] == [
        2,
        1,
        1,
        1,
    ]
    assert figures["prompted"] == 4
    assert figures["success_basis_points"] == 6_667
    assert (figures["amount_requested"], figures["amount_succeeded"]) == (21_000, 6_000)
    assert figures["fees"] == 120


def test_the_period_before_stands_beside_it(shop, pay):
    pay(succeeded=True)
    pay(hours_ago=24, failed=True)

    answer = ask(shop, "summary", **DAY)

    [row] = answer["data"]
    assert (row["figures"]["succeeded"], row["figures"]["failed"]) == (1, 0)
    assert (row["previous"]["succeeded"], row["previous"]["failed"]) == (0, 1)
    assert answer["previous_start"] == "2026-02-28T23:00:00.000Z"


def test_a_day_begins_at_midnight_of_the_merchants_zone(shop, pay):
    pay(hours_ago=13)  # 23:00 of the day before in UTC, midnight in Douala
    pay(hours_ago=14)

    answer = ask(shop, "timeseries", interval="day", **{"from": "2026-03-01", "to": "2026-03-03"})

    assert answer["period_start"] == "2026-02-28T23:00:00.000Z"
    assert [(point["begin"], point["figures"]["created"]) for point in answer["data"]] == [
        ("2026-02-28T23:00:00.000Z", 1),
        ("2026-03-01T23:00:00.000Z", 1),
    ]


def test_two_currencies_are_never_one_sum(shop, pay):
    pay(succeeded=True)
    pay(succeeded=True, currency="XOF", country="SN")

    data = ask(shop, "summary", **DAY)["data"]

    assert [(row["currency"], row["figures"]["created"]) for row in data] == [
        ("XAF", 1),
        ("XOF", 1),
    ]


def test_nobody_elses_figures_and_none_of_the_other_mode(shop, pay):
    pay(succeeded=True)
    pay(merchant=MerchantFactory(), succeeded=True)
    pay(livemode=True, succeeded=True)

    for name in ("summary", "timeseries"):
        [row] = ask(shop, name, **DAY)["data"]
        assert row["figures"]["created"] == 1
    assert ask(shop, "response_times", **DAY)["data"][0]["count"] == 1
    live = Shop(shop.merchant, livemode=True)
    assert ask(live, "summary", **DAY)["data"][0]["figures"]["created"] == 1


def test_it_is_told_apart_by_two_dimensions_and_filtered_by_others(shop, pay):
    other = ProviderAccountFactory(connector="orange_webpay")
    pay(operator="mtn")
    pay(operator="orange", account=other)
    pay(operator="orange", account=other, country="GA")

    data = ask(shop, "summary", group_by="provider,country", **DAY)["data"]
    assert {(row["provider"], row["country"], row["operator"]) for row in data} == {
        ("mtn_momo", "CM", None),
        ("orange_webpay", "CM", None),
        ("orange_webpay", "GA", None),
    }
    data = ask(shop, "summary", operator="orange", country="CM", **DAY)["data"]
    assert [row["figures"]["created"] for row in data] == [1]


def test_reasons_of_failures_are_counted(shop, pay):
    for _ in range(2):
        pay(failed=True)
    pay(succeeded=True)

    [row] = ask(shop, "failures", group_by="provider", **DAY)["data"]

    assert (row["failure_code"], row["count"], row["provider"]) == ("payer_declined", 2, "mtn_momo")


def test_response_times_say_whose_they_are(shop, pay):
    pay(succeeded=True)

    data = ask(shop, "response_times", **DAY)["data"]

    assert [row["side"] for row in data] == ["provider", "decision", "platform"]
    assert all(row["count"] == 1 and row["p50_ms"] == row["p99_ms"] == 1 for row in data)


def test_figures_say_until_when_they_are_complete(shop, pay):
    assert ask(shop, "summary", **DAY)["as_of"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-03-03", "to": "2026-03-02"}, "to"),
        ({"from": "2020-01-01", "to": "2026-03-02"}, "from"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "to"),
        ({"to": "9999-12-31"}, "to"),
        ({"group_by": "provider,country,operator"}, "group_by"),
        ({"group_by": "merchant"}, "group_by"),
        ({"currency": "GBP"}, "currency"),
        ({"interval": "hour", "from": "2026-01-01", "to": "2026-03-02"}, "interval"),
        ({"interval": "minute"}, "interval"),
        ({"interval": "day,hour"}, "interval"),
        ({"merchant": "1"}, "merchant"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(shop, query, field):
    answer = shop.get(REPORTS + "timeseries", **query)

    assert answer.status_code == 400
    assert answer.json()["code"] in {"invalid_parameter", "unknown_parameter"}
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_a_key_needs_the_scope(shop, pay):
    assert Shop(shop.merchant, scopes=["payments:read"]).get(REPORTS + "summary").status_code == 403
    assert Shop(shop.merchant, scopes=["reports:read"]).get(REPORTS + "summary").status_code == 200


def test_a_report_costs_two_queries_whatever_it_is_of(shop, pay, django_assert_max_num_queries):
    pay(succeeded=True)
    ask(shop, "summary", **DAY)
    with django_assert_max_num_queries(4):
        ask(shop, "summary", group_by="provider,operator", **DAY)


def test_hours_are_whole(shop, pay):
    answer = ask(shop, "summary", **{"from": "2026-03-02T10:30:00Z", "to": "2026-03-02T11:00:01Z"})

    assert answer["period_start"] == "2026-03-02T10:00:00.000Z"
    assert answer["period_end"] == "2026-03-02T12:00:00.000Z"
