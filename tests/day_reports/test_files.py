"""Every kind of file says the same rows; ours are valid by our schema, the banks' by theirs."""

import base64
import csv
from decimal import Decimal
from functools import cache
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.utils import timezone, translation
from lxml import etree
from openpyxl import load_workbook

from apps.core.public_ids import encode_id, new_id
from apps.core.table_files import csv_file
from apps.day_reports.api.day_output import DayReportOutput
from apps.day_reports.models import MerchantDay
from apps.day_reports.rules.day_line import DayLine
from apps.day_reports.rules.groups import GROUPS, Group, sum_of
from apps.day_reports.rules.write_merchant_day import write_merchant_day
from apps.day_reports.services.begin_cycles import begin_cycles
from apps.day_reports.services.build_merchant_day import KINDS, build_merchant_day, lines_table
from apps.ledger.models import Transfer
from apps.merchants.models import Merchant
from tests.api.conftest import Shop, refusal
from tests.day_reports.conftest import sum_next
from tests.day_reports.rows import new_day
from tests.factories import PaymentFactory
from tests.settlement.test_schemas import is_valid

pytestmark = pytest.mark.django_db(transaction=True)

OURS = Path("static/schemas/merchant-day-1.xsd")


@cache
def our_schema():
    return etree.XMLSchema(etree.parse(OURS))


@pytest.fixture
def busy(clock, merchant, account):
    """A day with two payments and their fees."""
    PaymentFactory(
        merchant=merchant, account=account, amount=1_500, fee=30, succeeded=True,
        created_at=clock.now, merchant_reference="=order-1",
    )  # fmt: skip
    begin_cycles(now=clock.now)
    return sum_next(merchant)


def test_a_reference_that_no_xml_can_hold_costs_no_file(clock, merchant, account):
    # Unicode has them, and JSON; they came in by the API.
    for letter in ("\ufffe", "\uffff"):
        PaymentFactory(
            merchant=merchant, account=account, succeeded=True, created_at=clock.now,
            fee=0, merchant_reference=f"order{letter}",
        )  # fmt: skip
    begin_cycles(now=clock.now)
    day = sum_next(merchant)

    def content(kind):
        return build_merchant_day(day, kind=kind, now=clock.now, language="en").content

    assert our_schema().validate(etree.fromstring(content("xml")))
    cells = load_workbook(BytesIO(content("xlsx")))["Movements"].iter_rows(values_only=True)
    assert sum("order\ufffd" in row for row in cells) == 2
    assert content("csv").decode().count("order\ufffd") == 2


def test_each_kind_has_the_same_rows(clock, busy):
    def content(kind):
        return build_merchant_day(busy, kind=kind, now=clock.now, language="en").content

    ours = etree.fromstring(content("xml"))
    assert our_schema().validate(ours), our_schema().error_log
    camt = is_valid("camt.053.001.08", content("camt.053.001.08"))
    rows = list(csv.DictReader(StringIO(content("csv").decode("utf-8-sig"))))
    book = load_workbook(BytesIO(content("xlsx")))

    ids = sorted(encode_id("tr", pk) for pk in Transfer.objects.values_list("pk", flat=True))
    assert len(ids) == busy.line_count == 3
    assert sorted(ours.xpath("//*[local-name()='Movement']/*[local-name()='Id']/text()")) == ids
    assert sorted(one.text for one in camt.iter("{*}AcctSvcrRef")) == ids
    assert sorted(row["Movement"] for row in rows) == ids
    assert sorted(row[-1].value for row in book["Movements"].iter_rows(min_row=2)) == ids
    amounts = [int(Decimal(one.findtext("{*}Amount"))) for one in ours.iter("{*}Movement")]
    assert sum(amounts) == busy.net == sum(int(row["Amount (main unit)"]) for row in rows)
    assert busy.net == sum(sum_of(busy, group) for group in Group)
    assert sum_of(busy, Group.FEES) == -30
    # A reference is no formula.
    assert "'=order-1" in {row["Reference"] for row in rows}
    assert content("pdf").startswith(b"%PDF")


def test_net_is_the_sums_of_the_answer_and_of_the_file_whatever_moved():
    # A power of two each: no two of them hide a third that is left out.
    totals = [
        {"rail": "", "kind": kind, "count": 1, "amount": 2**number}
        for number, kind in enumerate(GROUPS)
    ]
    now, net = timezone.now(), 2 ** len(GROUPS) - 1
    day = MerchantDay(
        merchant=Merchant(),
        currency="XAF",
        day=now.date(),
        version=1,
        timezone="Africa/Douala",
        begins_at=now,
        ends_at=now,
        created_at=now,
        opening_balance=0,
        closing_balance=net,
        line_count=0,
        totals=totals,
    )

    answered = DayReportOutput.as_json(day)
    names = list(answered)
    between = names[names.index("opening_balance") + 1 : names.index("net")]
    file = etree.fromstring(write_merchant_day(day, [], now=now))
    _, *sums, shown, _ = [int(one.text) for one in file.find("{*}Summary")]

    assert sum(answered[name] for name in between) == answered["net"] == net
    assert sum(sums) == shown == net
    day.totals = []
    assert our_schema().validate(file), our_schema().error_log
    assert b"Reserved" not in write_merchant_day(day, [], now=now)


def test_rows_are_in_the_main_unit_as_the_sums_are():
    line = DayLine(
        1,
        new_id(),
        "collect_fee_back",
        -1_234,
        new_id(),
        timezone.now(),
        "mtn_momo",
        "order",
    )

    with translation.override("en"):
        table = lines_table(MerchantDay(currency="EUR"), iter([line]))
        written = csv_file(table).decode("utf-8-sig").splitlines()

    assert "Amount (main unit)" in written[0]
    assert ",-12.34,EUR," in written[1]


def test_a_day_is_read_by_its_merchant_in_its_mode_and_by_nobody_else(clock, merchant, day):
    own, other_mode, stranger = Shop(merchant), Shop(merchant, livemode=True), Shop()
    one = f"/api/v1/day_reports/{day.public_id}"

    for address in (one, *(f"{one}/file?format={kind}" for kind in KINDS)):
        assert own.get(address).status_code == 200, address
        for shop, code in ((stranger, "day_report_not_found"), (other_mode, "wrong_mode")):
            status, said, _ = refusal(shop.get(address))
            assert (status, said) == (404, code)
    (listed,) = own.get("/api/v1/day_reports").json()["data"]
    assert (listed["closing_balance"], listed["net"], listed["collected"]) == (10_000,) * 3
    assert stranger.get("/api/v1/day_reports").json()["data"] == []
    file = own.get(f"{one}/file?format=csv").json()
    assert base64.b64decode(file["content"]).count(b"\n") == 2


def test_a_day_that_is_not_over_is_refused_and_days_are_bounded(clock, merchant):
    shop = Shop(merchant)
    for days_ago in (1, 2, 3):
        new_day(merchant, now=clock.now, days_ago=days_ago)
    first = (clock.now.date()).isoformat()

    status, said, _ = refusal(shop.get("/api/v1/day_reports", last_day="2999-01-01"))
    assert (status, said) == (409, "day_not_over")
    for wrong in ("yesterday", "2026-02-30", "9999-12-31T00:00:00Z"):
        status, said, _ = refusal(shop.get("/api/v1/day_reports", first_day=wrong))
        assert (status, said) == (400, "invalid_parameter"), wrong
    assert refusal(shop.get("/api/v1/day_reports", last_day="9999-12-31"))[0] == 409
    assert shop.get("/api/v1/day_reports", first_day=first).json()["data"] == []
