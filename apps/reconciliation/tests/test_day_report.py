"""The report of a day: every movement once with both its sides, the same in every kind of file."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path

import openpyxl
import pypdf
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import translation
from lxml import etree

from apps.core.money import Money
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.selectors.day_report import open_day_report
from apps.reconciliation.selectors.day_summary import day_summary
from apps.reconciliation.services import build_day_report as building
from apps.reconciliation.services.build_day_report import build_day_report
from apps.reconciliation.services.resolve_discrepancy import resolve_discrepancy
from tests.factories import MerchantFactory, PaymentFactory, ProviderAccountFactory

from .reports import DAY, NOON, NOW, foreign_line, line_of, stage_and_match
from .test_passes import SETTLEMENTS, give_plan, settlement_of

pytestmark = pytest.mark.django_db

SCHEMA = Path(settings.BASE_DIR, "static/schemas/day-report-1.xsd")
XML = {"r": "urn:lomi-africa:day-report:1"}


@pytest.fixture
def account():
    return ProviderAccountFactory(cost=100)


def pay(account, amount=5_000, **more):
    return PaymentFactory(
        merchant=MerchantFactory(),
        account=account,
        amount=amount,
        succeeded=True,
        **{"created_at": NOON, **more},
    )


def read(account, day=DAY):
    """(the totals by standing, the movements)."""
    with open_day_report(account=account, day=day) as report:
        movements = list(report.movements)
        assert report.count == len(movements)
    return {one.standing: one for one in report.totals}, movements


@pytest.fixture
def day(account):
    """A day with one movement of each standing."""
    agreed, dear, unseen, told = (pay(account, amount) for amount in (1_000, 2_000, 4_000, 8_000))
    stage_and_match(
        account,
        line_of(agreed, fee=10),
        line_of(dear, amount=2_500, fee=20),
        line_of(told, amount=7_000, fee=80),
        foreign_line(amount=300, fee=3),
        "cannot be read",
    )
    resolve_discrepancy(
        discrepancy_id=Discrepancy.objects.get(their_amount=7_000).pk,
        reason="A rebate.",
        resolved_by=User.objects.create_user("awa"),
        now=NOW,
    )
    assert unseen
    return account


def test_every_movement_of_the_day_stands_in_one_place(day):
    totals, movements = read(day)

    assert [one.number for one in movements] == list(range(1, 7))
    found = {
        standing: (one.our_count, one.our_amount, one.their_count, one.their_amount, one.fee)
        for standing, one in totals.items()
        if one.currency == "XAF"
    }
    assert found == {
        "matched": (1, 1_000, 1, 1_000, 10),
        "explained": (1, 8_000, 1, 7_000, 80),
        # We have one that they do not, and they one that we do not.
        "missing": (1, 4_000, 1, 300, 3),
        "wrong": (1, 2_000, 1, 2_500, 20),
    }
    unreadable = next(one for one in movements if one.discrepancy_kind == "unreadable_line")
    assert (unreadable.standing, unreadable.currency) == ("wrong", "")
    assert unreadable.our_amount is unreadable.their_amount is None


def test_what_no_report_has_come_for_waits(account):
    pay(account)

    totals, (movement,) = read(account)

    assert totals["waiting"].our_amount == 5_000
    assert (movement.is_ours, movement.is_theirs, movement.statement_id) == (True, False, "")


def test_a_movement_at_midnight_is_counted_by_each_side_on_its_own_day(account):
    # 23:59:30 in the account's zone; the provider has it half a minute into the next day.
    late = datetime(2026, 3, 10, 22, 59, 30, tzinfo=UTC)
    payment = pay(account, created_at=late)
    stage_and_match(account, "null")
    after = (late + timedelta(minutes=1)).isoformat()
    stage_and_match(account, line_of(payment, occurred_at=after), day=DAY + timedelta(days=1))

    totals, (movement,) = read(account)
    assert (totals["matched"].our_amount, totals["matched"].their_amount) == (5_000, 0)
    assert (movement.is_ours, movement.is_theirs) == (True, False)
    assert movement.their_amount == 5_000

    totals, (movement,) = read(account, DAY + timedelta(days=1))
    assert (totals["matched"].our_amount, totals["matched"].their_amount) == (0, 5_000)
    assert (movement.is_ours, movement.is_theirs) == (False, True)


def test_a_total_of_a_settlement_is_shown_and_not_counted_again(account):
    give_plan(account, *SETTLEMENTS)
    stage_and_match(account, *settlement_of(account, 2_960))

    totals, movements = read(account)
    theirs = sum(one.their_amount for one in totals.values())
    fees = sum(one.fee for one in totals.values())
    (summed,) = day_summary(provider_account_id=account.pk, day=DAY).currencies

    assert (theirs, fees, theirs - fees) == (3_000, 40, 2_960)
    assert [one.their_amount for one in movements if not one.is_theirs] == [2_960]
    assert (summed.total.amount, summed.total.fee) == (3_000, 40)


def test_another_accounts_movements_are_not_in_it(day):
    other = ProviderAccountFactory()
    pay(other)

    assert len(read(other)[1]) == 1
    assert len(read(day)[1]) == 6


def test_the_xml_holds_against_its_published_schema(day):
    file = build_day_report(account=day, day=DAY, kind="xml", now=NOW)

    document = etree.fromstring(file.content)
    etree.XMLSchema(etree.parse(SCHEMA)).assertValid(document)
    assert document.findtext("r:Header/r:Day", namespaces=XML) == "2026-03-10"
    wrong = document.find("r:Totals/r:Total[@standing='wrong'][@currency='XAF']", XML)
    assert [each.text for each in wrong] == ["1", "2000", "1", "2500", "20", "2480"]
    assert document.find("r:Movements", XML).get("count") == "6"
    assert len(document.findall("r:Movements/r:Movement", XML)) == 6


def test_an_empty_day_is_a_report_too(account):
    for kind in building.KINDS:
        assert build_day_report(account=account, day=DAY, kind=kind, now=NOW).content


def test_csv_and_xlsx_have_the_same_movements(day):
    text = build_day_report(account=day, day=DAY, kind="csv", now=NOW).content.decode("utf-8-sig")
    book = openpyxl.load_workbook(
        BytesIO(build_day_report(account=day, day=DAY, kind="xlsx", now=NOW).content)
    )

    rows = [list(row) for row in csv.reader(StringIO(text))]
    sheet = [
        ["" if cell is None else str(cell) for cell in row]
        for row in book.worksheets[2].iter_rows(values_only=True)
    ]
    assert rows == sheet
    assert len(rows) == 7


def test_the_pdf_is_signed_and_says_what_does_not_agree(day):
    with translation.override("en"):
        file = build_day_report(account=day, day=DAY, kind="pdf", now=NOW)

    reader = pypdf.PdfReader(BytesIO(file.content))
    shown = "".join(page.extract_text() for page in reader.pages)
    assert reader.get_fields()["LOMI"]["/FT"] == "/Sig"
    assert str(Money(2_500, "XAF")).replace("\u202f", " ") in shown
    assert "the amounts differ" in shown


def test_a_day_too_long_for_a_kind_is_refused(day, monkeypatch):
    monkeypatch.setattr(building, "KINDS", {"xml": ("application/xml", 5)})

    with pytest.raises(building.DayReportTooLong):
        build_day_report(account=day, day=DAY, kind="xml", now=NOW)


def test_finance_fetches_it_from_the_page_of_the_statement(day, admin_client):
    statement = day.statements.get()
    page = admin_client.get(reverse("admin:reconciliation_statement_change", args=[statement.pk]))
    for kind in building.KINDS:
        url = reverse("admin:reconciliation_day_report", args=[statement.pk, DAY.isoformat(), kind])
        assert url in page.content.decode()
        answer = admin_client.get(url)
        assert (answer.status_code, answer["Content-Type"]) == (200, building.KINDS[kind][0])
        assert f"_2026-03-10.{kind}" in answer["Content-Disposition"]


@pytest.mark.parametrize(
    ("day_text", "kind"), [("2026-03-09", "xml"), ("nonsense", "xml"), ("2026-03-10", "exe")]
)
def test_what_is_no_report_is_not_found(day, admin_client, day_text, kind):
    statement = day.statements.get()
    url = reverse("admin:reconciliation_day_report", args=[statement.pk, day_text, kind])

    assert admin_client.get(url).status_code == 404


def test_a_report_costs_the_same_however_many_movements(day, django_assert_num_queries):
    for _more in range(2):
        with django_assert_num_queries(11):
            build_day_report(account=day, day=DAY, kind="csv", now=NOW)
        for _payment in range(3):
            pay(day)
