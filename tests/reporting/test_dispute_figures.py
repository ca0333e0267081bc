"""Figures of disputes: those of the rows, whatever became of them; and what of them is shown."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command
from django.db import connection

from apps.core.hours import hour_of
from apps.core.public_ids import made_at
from apps.disputes.models import Dispute
from apps.disputes.services.add_evidence import add_evidence
from apps.disputes.services.decide_dispute import decide_dispute
from apps.disputes.services.follow_up_dispute import follow_up_dispute
from apps.disputes.services.open_dispute import DisputeOrder, open_dispute
from apps.disputes.services.submit_evidence import submit_evidence
from apps.orchestration.models import StatusChange
from apps.reconciliation.selectors.find_violations import find_violations
from apps.reporting.api.report_output import DisputeFiguresOutput
from apps.reporting.invariants import INVARIANTS
from apps.reporting.models import DisputeCell
from apps.reporting.rules.dispute_totals import NAMES
from apps.reporting.rules.response_times import ERROR_MAX, bucket_of
from apps.reporting.services.count_changed_hours import count_changed_hours
from apps.reporting.services.count_hour import count_hour
from tests.api.conftest import Shop
from tests.docs.pages import read, rows, section
from tests.factories import MerchantFactory, PaymentFactory
from tests.fakes import open_account
from tests.other_transactions import wait_for_other_transactions
from tests.reporting.test_report_page import PAGE, staff

__all__ = ["staff"]

pytestmark = pytest.mark.django_db

LONG = timedelta(days=9)
VIEWS = ("view_reportedhour", "view_dispute")


@pytest.fixture
def dispute(clock, provider):
    """Dispute a payment made just now, or of these fields."""
    account = open_account(operations=["collect", "refund", "disburse"])

    def make(amount=None, reason="fraud", **fields):
        usual = {"succeeded": True, "amount": 10_000, "fee": 0, "account": account}
        payment = PaymentFactory(**{"created_at": clock.now, **usual, **fields})
        return open_dispute(
            payment_id=payment.pk,
            order=DisputeOrder(reason=reason, amount=amount),
            opened_by="payer",
            now=clock.now,
        )

    return make


@pytest.fixture
def answer(clock):
    def send(dispute):
        add_evidence(
            dispute_id=dispute.pk, texts={"explanation": "Delivered."}, files=(), now=clock.now
        )
        submit_evidence(dispute_id=dispute.pk, source="api", now=clock.now)

    return send


@pytest.fixture
def decide(clock):
    def close(dispute, lost, *, source="staff", **how):
        return decide_dispute(
            dispute_id=dispute.pk, amount_lost=lost, source=source, now=clock.now, **how
        )

    return close


@pytest.fixture
def ignore(clock):
    """Its date passes."""

    def wait(dispute):
        row = Dispute.objects.get(pk=dispute.pk)
        while row.due_at is not None:
            clock.now = max(clock.now, row.due_at)
            row = follow_up_dispute(dispute_id=row.pk, leased_until=row.due_at, now=clock.now)

    return wait


def recount():
    """(hour, merchant, country, reason) -> figures, row by row and in plain Python."""
    cells: dict = {}
    for row in Dispute.objects.select_related("payment"):
        key = hour_of(made_at(row.pk)), row.merchant_id, row.payment.country, row.reason
        sums, times = cells.setdefault(key, (Counter(), Counter()))
        is_open = row.status in {"needs_response", "under_review"}
        sums["open" if is_open else row.status] += 1
        sums["opened"] += 1
        sums["amount_disputed"] += row.amount
        sums["amount_lost"] += row.amount_lost
        answers = [
            one.created_at
            for one in StatusChange.objects.filter(owner_id=row.pk)
            if (one.to_status, one.source) in {("under_review", "api"), ("lost", "api")}
        ]
        if answers:
            sums["answered"] += 1
            times[bucket_of((min(answers) - row.opened_at).total_seconds())] += 1
    return {key: (+sums, times) for key, (sums, times) in cells.items()}


def counted():
    return {
        (row.hour, row.series.merchant_id, row.series.country, row.reason): (
            +Counter({name: getattr(row, name) for name in NAMES}),
            Counter(dict(zip(row.answer_buckets, row.answer_counts, strict=True))),
        )
        for row in DisputeCell.objects.select_related("series")
    }


@pytest.mark.django_db(transaction=True)
def test_they_are_equal_to_a_recount_whatever_becomes_of_them(
    clock, dispute, answer, decide, ignore
):
    dice = random.Random(7)
    open_ones = []
    ends = [
        answer,
        ignore,
        lambda one: decide(one, 0),
        lambda one: decide(one, None),
        lambda one: decide(one, 1),
        lambda one: decide(one, None, source="api"),
        lambda one: decide(one, 0, is_withdrawn=True),
    ]
    for n in range(21):
        clock.advance(minutes=dice.choice([1, 25, 90]))
        open_ones.append(
            dispute(
                dice.choice([None, 500]),
                dice.choice(["fraud", "duplicate"]),
                country=dice.choice(["CM", "GA"]),
            )
        )
        if n % 7 == 3:
            look(clock)
        if n % 2:
            ends[n % len(ends)](open_ones.pop(dice.randrange(len(open_ones))))
        elif n % 3 == 0:
            answer(open_ones[-1])
    look(clock)

    assert counted() == recount()
    assert sum(sums["answered"] for sums, _times in counted().values()) > 3

    DisputeCell.objects.update(lost=7)
    call_command("rebuild_reports")
    assert counted() == recount()


def look(clock):
    wait_for_other_transactions()
    count_changed_hours(now=clock.now + LONG)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE reporting_disputecell SET opened = opened + 1",
        "UPDATE reporting_disputecell SET amount_lost = 1",
        "DELETE FROM reporting_disputecell",
    ],
)
def test_a_hand_in_them_is_found_by_the_check_of_the_books(clock, dispute, spoil):
    dispute()
    look(clock)

    def broken():
        [found] = find_violations(now=clock.now, among=INVARIANTS)
        return found.violations

    assert broken() == 0
    with connection.cursor() as cursor:
        cursor.execute(spoil)
    assert broken() > 0


@pytest.fixture
def shop(clock):
    return Shop(MerchantFactory(timezone="Africa/Douala"))


def ask(shop, clock, **query):
    count_hour(hour_of(clock.now), now=clock.now)
    reply = shop.get("/api/v1/reports/disputes", **query)
    assert reply.status_code == 200, reply.content
    return reply.json()["data"]


def test_a_merchant_reads_what_became_of_its_own_and_their_share(
    shop, clock, dispute, answer, decide
):
    PaymentFactory(merchant=shop.merchant, succeeded=True, created_at=clock.now)
    PaymentFactory(merchant=shop.merchant, failed=True, created_at=clock.now)
    opened_at = clock.now
    first, second = (dispute(merchant=shop.merchant) for _ in range(2))
    dispute(merchant=shop.merchant, reason="duplicate", amount=400)
    dispute()
    clock.advance(minutes=7)
    answer(first)
    decide(first, 0)
    decide(second, 2_500)
    count_hour(hour_of(opened_at), now=clock.now)

    [row] = ask(shop, clock)
    by_reason = ask(shop, clock, group_by="reason")
    [duplicate] = ask(shop, clock, reason="duplicate")

    figures = row["figures"]
    assert [figures[name] for name in ("opened", "open", "won", "partly_lost", "lost")] == [
        3, 1, 1, 1, 0,
    ]  # fmt: skip
    assert (figures["amount_disputed"], figures["amount_lost"]) == (20_400, 2_500)
    assert (figures["payments"], figures["share_basis_points"]) == (4, 7_500)
    assert figures["answered"] == 1
    assert figures["answer_p50_s"] == pytest.approx(7 * 60, rel=ERROR_MAX)
    assert (row["reason"], row["previous"]["opened"]) == (None, 0)
    assert [(each["reason"], each["figures"]["opened"]) for each in by_reason] == [
        ("fraud", 2), ("duplicate", 1),
    ]  # fmt: skip
    # Of every reason, of the same payments.
    assert duplicate["figures"]["payments"] == 4


def test_the_share_of_no_payments_is_none_and_the_period_before_stands_beside(shop, clock, dispute):
    paid = PaymentFactory(
        merchant=shop.merchant, succeeded=True, created_at=clock.now - 70 * timedelta(days=1)
    )
    open_dispute(
        payment_id=paid.pk, order=DisputeOrder(reason="fraud"), opened_by="payer", now=clock.now
    )

    clock.advance(minutes=1)
    [row] = ask(shop, clock)
    assert (row["figures"]["opened"], row["figures"]["share_basis_points"]) == (1, None)

    clock.advance(days=31)
    [row] = ask(shop, clock)
    assert (row["figures"]["opened"], row["previous"]["opened"]) == (0, 1)


@pytest.mark.parametrize("query", [{"operation": "refund"}, {"reason": "x"}, {"interval": "day"}])
def test_what_disputes_have_not_is_refused_by_name(shop, query):
    reply = shop.get("/api/v1/reports/disputes", **query)

    assert reply.status_code == 400
    assert next(iter(query)) in reply.content.decode()


def test_a_name_on_the_page_leads_to_the_very_disputes(staff, clock, dispute):
    here, there = dispute(country="CM"), dispute(country="GA")
    count_hour(hour_of(clock.now), now=clock.now)
    client = staff(permissions=VIEWS)
    client.cookies["django_language"] = "en"

    html = unescape(client.get(PAGE, {"mode": "test", "by": "country"}).content.decode())
    url = next(
        link
        for link in re.findall(r'href="(/admin/disputes/dispute/\?[^"]*)"', html)
        if "country__exact=GA" in link
    )
    listed = client.get(url)

    assert listed.status_code == 200
    assert parse_qs(urlsplit(url).query)["livemode__exact"] == ["0"]
    assert set(re.findall(r"dis_[0-9a-z]{26}", listed.content.decode())) == {there.public_id}
    assert here.public_id not in listed.content.decode()


def test_a_role_reads_those_of_its_countries_also_in_files(staff, clock, dispute):
    dispute(country="CM")
    dispute(country="GA")
    count_hour(hour_of(clock.now), now=clock.now)
    client = staff(permissions=VIEWS, countries=["GA"])

    file = client.get(PAGE, {"mode": "test", "by": "country", "file": "disputes"})

    head, line = file.content.decode("utf-8-sig").strip().splitlines()
    separator = ";" if ";" in head else ","
    figures = dict(zip(head.split(separator), line.split(separator), strict=True))
    assert next(iter(figures.values())) == "GA"
    assert (figures["opened"], figures["amount_disputed"]) == ("1", "10000")
    for kind in ("xlsx", "pdf"):
        assert client.get(PAGE, {"mode": "test", "file": kind}).status_code == 200


def test_without_the_permission_there_are_figures_and_no_links(staff, clock, dispute):
    dispute()
    count_hour(hour_of(clock.now), now=clock.now)
    html = staff(permissions=["view_reportedhour"]).get(PAGE, {"mode": "test"}).content.decode()

    assert "/admin/disputes/dispute/?" not in html


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("docs/guides/reports.md", "## Disputes"),
        ("docs/guides/reports.fr.md", "## Litiges"),
    ],
)
def test_the_guide_defines_every_figure_of_them(page, title):
    told = [cells[0].strip("`") for cells in rows(section(read(page), title))]

    assert told == list(DisputeFiguresOutput().fields)
