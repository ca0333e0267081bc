"""What a provider charges is agreed on by two people, in versions; a past month keeps its price."""

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.approvals.models import ApprovalRequest
from apps.approvals.services.decide_approval import ApprovalByTheSamePerson, decide_approval
from apps.core.models import OutboxMessage
from apps.core.money import Money
from apps.fees.models import FeePlan
from apps.fees.rules.agreed_cost import CONTRACT_LINES, agreed_cost, holds_for
from apps.fees.rules.begins_at import DATED_BACK_DAYS_MAX, FeePlanTooFarAhead, begins_at
from apps.fees.rules.check_contract import check_contract
from apps.fees.rules.check_lines import FeeLinesRefused
from apps.fees.rules.compute_fee import compute_fee
from apps.fees.rules.fee_terms import FeeTerms, terms_of
from apps.fees.services.give_plan import FeePlanNotGiven, give_plan
from apps.reconciliation.models import ClosedMonth
from apps.reconciliation.selectors.find_violations import find_violations
from apps.reconciliation.services.import_statement import MATCH_TOPIC
from apps.reconciliation.services.match_statement import match_statement
from apps.reconciliation.tests.reports import DAY, NOON, line_of, stage_and_match
from apps.reporting.models import HourCell
from apps.reporting.services.count_changed_hours import count_changed_hours
from apps.reporting.services.count_hour import count_hour
from tests.factories import (
    MerchantFactory,
    PaymentFactory,
    ProviderAccountFactory,
    agree_cost,
)
from tests.tries import examples

pytestmark = pytest.mark.django_db

HOUR = NOON.replace(minute=0, second=0, microsecond=0)
BEGUN = datetime(2024, 1, 1, tzinfo=UTC)
COST = f"""
SELECT x.at, x.amount, x.operation, {agreed_cost("x.amount")}
  FROM unnest(%s::timestamptz[], %s::bigint[], %s::text[]) AS x(at, amount, operation)
  LEFT JOIN ({CONTRACT_LINES}) c
    ON c.provider_account_id = %s
   AND {holds_for("x.operation", amount="x.amount", currency="'XAF'", at="x.at")}
"""


def agreed_lines(operation):
    """One to three bands of one operation."""
    price = st.tuples(
        st.decimals(0, 2_000, places=3), st.integers(0, 300), st.integers(0, 200),
        st.sampled_from([None, 250, 90_000]), st.sampled_from(["half_up", "up", "down"]),
    )  # fmt: skip
    bands = st.lists(
        st.tuples(st.sampled_from([0, 1, 500, 10_000]), price),
        min_size=1, max_size=3, unique_by=lambda band: band[0],
    )  # fmt: skip
    return bands.map(
        lambda found: [
            {
                "operation": operation, "amount_from": begin, "basis_points": share, "fixed": fixed,
                "fee_min": least, "fee_max": most, "rounding": rounding,
            }
            for begin, (share, fixed, least, most, rounding) in found
        ]
    )  # fmt: skip


versions = st.lists(
    st.tuples(
        st.integers(1, 60), agreed_lines("collect"), st.one_of(st.just([]), agreed_lines("refund"))
    ),
    min_size=1,
    max_size=3,
)
movements = st.lists(
    st.tuples(
        st.integers(-10, 200),
        st.one_of(st.sampled_from([1, 499, 500, 9_999, 10_000]), st.integers(1, 10**12)),
        st.sampled_from(["collect", "collect", "refund", "disburse"]),
    ),
    min_size=10,
    max_size=30,
)


class AnyContract(TestCase):
    @settings(max_examples=examples(6))
    @given(versions=versions, movements=movements)
    def test_the_database_charges_what_the_version_of_that_day_says(self, versions, movements):
        account, begin = ProviderAccountFactory(), BEGUN
        for days, collect, refund in versions:
            begin += timedelta(days=days)
            agree_cost(account, *collect, *refund, valid_from=begin)
        asked = [
            (BEGUN + timedelta(days=day), amount, operation) for day, amount, operation in movements
        ]

        with connection.cursor() as cursor:
            cursor.execute(COST, [*map(list, zip(*asked, strict=True)), account.pk])
            found = cursor.fetchall()

        assert sorted(found, key=str) == sorted(
            [(*one, expected(account, *one)) for one in asked], key=str
        )


def expected(account, at, amount, operation):
    """As merchants are charged: the version of that instant, of it the highest band reached."""
    contract = FeePlan.objects.filter(provider_account=account).first()
    held = [
        terms_of(line, plan_currency="XAF")
        for version in (contract.versions.all() if contract else [])
        if version.valid_from <= at and (not version.valid_until or at < version.valid_until)
        for line in version.lines.all()
        if line.operation == operation and line.amount_from <= amount
    ]
    if not held:
        return None
    return compute_fee(max(held, key=lambda line: line.amount_from), Money(amount, "XAF")).amount


def test_a_past_month_keeps_its_price_when_another_is_agreed():
    account = ProviderAccountFactory(cost=100)
    paid = PaymentFactory(succeeded=True, account=account, created_at=NOON, fee=100, amount=5_000)
    statement, _ = stage_and_match(account, line_of(paid, fee=50))
    agree_cost(account, valid_from=NOON + timedelta(hours=1), basis_points=Decimal(300))
    later = PaymentFactory(
        succeeded=True, account=account, created_at=NOON + timedelta(days=1), fee=200, amount=5_000
    )

    stage_and_match(account, line_of(later, fee=150), day=DAY + timedelta(days=1))
    count_hour(NOON, now=timezone.now())
    count_hour(NOON + timedelta(days=1), now=timezone.now())

    assert not statement.discrepancies.exists()
    assert list(
        HourCell.objects.filter(succeeded=1).order_by("hour").values_list("costs", flat=True)
    ) == [50, 150]
    assert [
        one.invariant.name for one in find_violations(now=timezone.now()) if one.violations
    ] == []


def ask(client, contract, *, valid_from, percent):
    """What the page that simulates it shows, what it says of asking, and the request."""
    page = reverse("admin:fees_feeplan_new_version", args=[contract.pk])
    line = {"operation": "collect", "percent": percent, "rounding": "half_up"}
    form = {f"line-0-{name}": value for name, value in line.items()}
    form |= {"line-TOTAL_FORMS": 1, "line-INITIAL_FORMS": 0}
    form |= {"valid_from_0": f"{valid_from:%Y-%m-%d}", "valid_from_1": f"{valid_from:%H:%M:%S}"}
    shown = client.post(page, form).content.decode()
    signed = re.search(r'name="shown" value="([^"]+)"', shown)
    if signed is None:
        return shown, "", None
    sent = {"shown": signed[1], "reason": "Their letter"}
    told = client.post(page, sent, follow=True).content.decode()
    return shown, told, ApprovalRequest.objects.first()


@pytest.fixture
def client():
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(User.objects.create_superuser("awa"))
    return client


@pytest.fixture
def charged(clock):
    """An account that took 2 % of a payment, of which 1 % was agreed on; and its report."""
    clock.now = NOON + timedelta(days=2)
    account = ProviderAccountFactory(cost=100)
    paid = PaymentFactory(succeeded=True, account=account, created_at=NOON, fee=100, amount=5_000)
    statement, _ = stage_and_match(account, line_of(paid, fee=100))
    count_hour(HOUR, now=timezone.now())
    assert statement.discrepancies.get().status == "open"
    return account, statement


def test_a_contract_is_dated_back_and_what_was_compared_with_the_one_before_is_so_again(
    client, charged, clock
):
    account, statement = charged

    begin = NOON - timedelta(hours=12)
    shown, _, asked = ask(client, account.contract, valid_from=begin, percent="2")

    # It took 100, as it would have.
    assert "On its reports since" in shown and "reports since then are compared again" in shown
    assert asked.payload["simulation"][0][3:6] == [1, 100, 100]
    assert asked.payload["is_dated_back"]
    decide_approval(
        request_id=asked.pk, is_approved=True, shown_digest=bytes(asked.digest),
        decided_by=User.objects.create_user("binta", is_staff=True), now=timezone.now(),
    )  # fmt: skip
    (message,) = OutboxMessage.objects.filter(topic=MATCH_TOPIC)
    match_statement(statement_id=message.payload["statement_id"], now=timezone.now())
    count_changed_hours(now=timezone.now() + timedelta(days=2))

    assert statement.discrepancies.get().status == "repaired"
    assert HourCell.objects.get(succeeded=1).costs == 100
    assert [
        one.invariant.name for one in find_violations(now=timezone.now()) if one.violations
    ] == []


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("closed", "This month is closed."),
        ("decided", "Fees of that time were decided"),
        ("long ago", "is dated back by 92 days at most"),
        ("after another", "The version before begins later than this one."),
    ],
)
def test_a_contract_is_not_dated_back_over_what_was_settled_by_the_one_before(
    client, charged, why, said
):
    account, statement = charged
    begin = NOON - timedelta(hours=12)
    if why == "closed":
        ClosedMonth.objects.create(
            provider_account=account, month=DAY.replace(day=1), statements=1, open_count=0,
            digest=b"x" * 32, reason="", closed_at=timezone.now(), requested_by="user:1",
            approved_by="user:2",
        )  # fmt: skip
    elif why == "decided":
        statement.discrepancies.update(status="resolved", closed_at=timezone.now(), resolution="x")
    elif why == "long ago":
        begin -= timedelta(days=DATED_BACK_DAYS_MAX)
    else:
        agree_cost(account, valid_from=NOON, basis_points=Decimal(300))
    versions = account.contract.versions.count()

    shown, told, asked = ask(client, account.contract, valid_from=begin, percent="2")

    assert said in (told or shown)
    assert asked is None and account.contract.versions.count() == versions
    assert not OutboxMessage.objects.filter(topic=MATCH_TOPIC).exists()


def test_a_contract_waits_for_a_report_that_is_being_compared_with_the_one_before(client):
    account, begin = ProviderAccountFactory(cost=100), timezone.now() - timedelta(hours=12)
    key = f"reconciliation.matching/{account.pk}"
    with closing(connection.copy()) as matching, matching.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
        _, told, asked = ask(client, account.contract, valid_from=begin, percent="2")

    assert "is being matched" in told and asked is None


def test_what_merchants_pay_never_begins_before_it_is_agreed_on(client):
    plan = FeePlan.objects.get(merchants__merchant=MerchantFactory(fee_basis_points=200))

    shown, _, asked = ask(client, plan, valid_from=timezone.now() - timedelta(days=1), percent="2")

    assert asked is None and 'name="shown"' not in shown


def test_a_slip_in_the_year_holds_no_plan_for_ever(client):
    merchant, year = MerchantFactory(fee_basis_points=200), timezone.now() + timedelta(days=400)
    plan, contract = (
        FeePlan.objects.get(merchants__merchant=merchant),
        ProviderAccountFactory(cost=100).contract,
    )

    for one in (plan, contract):
        shown, _, asked = ask(client, one, valid_from=year, percent="2")
        assert asked is None and 'name="shown"' not in shown
    with pytest.raises(FeePlanTooFarAhead):
        begins_at(year.isoformat(), now=timezone.now())


def test_what_the_release_before_counted_is_counted_again_with_its_costs():
    account = ProviderAccountFactory(cost=100)
    paid = PaymentFactory(succeeded=True, account=account, amount=5_000, fee=100)
    hour = paid.created_at.replace(minute=0, second=0, microsecond=0)
    later = timezone.now() + timedelta(days=2)
    count_changed_hours(now=later)
    HourCell.objects.update(costs=None)

    count_changed_hours(now=later + timedelta(days=2))

    assert sum(HourCell.objects.filter(hour=hour).values_list("costs", flat=True)) == 50


@pytest.mark.parametrize(
    "said", [{"provider": "mtn_momo"}, {"currency": "XAF"}, {"tax_basis_points": Decimal(1)}]
)
def test_a_contract_says_an_operation_and_a_price_alone(said):
    with pytest.raises(FeeLinesRefused):
        check_contract([FeeTerms("collect", "XAF", **said)])


def test_what_a_provider_charges_is_given_to_no_merchant():
    contract = agree_cost(ProviderAccountFactory(), basis_points=Decimal(100)).plan

    with pytest.raises(FeePlanNotGiven):
        give_plan(
            merchant=MerchantFactory(), plan=contract, valid_from=timezone.now(), now=timezone.now()
        )


def test_a_contract_is_begun_on_its_account_and_agreed_on_by_two_people():
    account = ProviderAccountFactory()
    awa, binta = (User.objects.create_superuser(name) for name in ("awa", "binta"))
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(awa)
    page = reverse("admin:providers_provideraccount_change", args=[account.pk])
    start = re.search(r'href="([^"]*/feeplan/add/[^"]*)"', client.get(page).content.decode())[1]
    assert client.get(start.replace("&amp;", "&")).status_code == 200
    add = reverse("admin:fees_feeplan_add")
    typed = {"name": "MTN", "currency": "XOF", "provider_account": account.pk}
    assert "The account is in XAF." in client.post(add, typed).content.decode()
    client.post(add, typed | {"currency": "XAF"})
    contract = FeePlan.objects.get(provider_account=account)
    new_version = reverse("admin:fees_feeplan_new_version", args=[contract.pk])

    line = {"operation": "refund", "percent": "1.25", "fixed": "25", "rounding": "up"}
    form = {f"line-0-{name}": value for name, value in line.items()}
    form |= {"line-TOTAL_FORMS": 1, "line-INITIAL_FORMS": 0, "valid_from_0": "", "valid_from_1": ""}
    shown = client.post(new_version, form).content.decode()
    signed = re.search(r'name="shown" value="([^"]+)"', shown)[1]
    client.post(new_version, {"shown": signed, "reason": "contract"})
    asked = ApprovalRequest.objects.get()
    decision = {
        "request_id": asked.pk, "is_approved": True, "shown_digest": bytes(asked.digest),
        "now": timezone.now(),
    }  # fmt: skip
    with pytest.raises(ApprovalByTheSamePerson):
        decide_approval(decided_by=awa, **decision)
    assert not contract.versions.exists()
    told = client.get(reverse("admin:approvals_approvalrequest_change", args=[asked.pk]))
    assert f"on {account.label}" in told.content.decode()
    decide_approval(decided_by=binta, **decision)

    agreed = contract.versions.get().lines.get()
    assert (agreed.operation, agreed.basis_points, agreed.fixed) == ("refund", 125, 25)
    assert "1.25 %" in client.get(page).content.decode().replace("\xa0", " ").replace("\u202f", " ")
    give = reverse("admin:fees_feeplan_give", args=[contract.pk])
    assert client.get(give).status_code in (403, 404)
