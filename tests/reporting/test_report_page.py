"""The managers' page: what it says, where it leads, and what it keeps from whom."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from apps.audit.models import AuditEntry
from apps.core import table_files
from apps.core.hours import HOUR, hour_of
from apps.payments.models import Payment
from apps.reporting.models import StaffScope
from apps.reporting.selectors.bounds_of import bounds_of
from apps.reporting.services.count_hour import count_hour
from tests.factories import MerchantFactory, PaymentFactory, ProviderAccountFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/reporting/reportedhour/"
NOON = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
VIEWS = ("view_reportedhour", "view_payment")


@pytest.fixture(autouse=True)
def _noon(clock):
    clock.now = NOON


@pytest.fixture
def pay():
    """Payments of some hours ago."""

    def make(count=1, hours_ago=0, **fields):
        at = NOON - hours_ago * HOUR
        made = [PaymentFactory(created_at=at, **fields) for _ in range(count)]
        count_hour(hour_of(at), now=NOON)
        return made[0]

    return make


@pytest.fixture
def staff():
    """A person of this role, signed in."""

    def login(*, countries=(), merchants=(), permissions=VIEWS, is_scoped=True):
        user = User.objects.create_user(f"awa-{User.objects.count()}", is_staff=True)
        group = Group.objects.create(name=f"Managers {user.pk}")
        user.groups.add(group)
        group.permissions.set(Permission.objects.filter(codename__in=permissions))
        if is_scoped:
            StaffScope.objects.create(group=group, countries=list(countries)).merchants.set(
                merchants
            )
        client = Client()
        client.force_login(user)
        client.user = user
        return client

    return login


def read(client, **query):
    client.cookies["django_language"] = "en"
    answer = client.get(PAGE, {"mode": "test", **query})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(answer.content.decode())).replace("\u00a0", " ")


def tile(html, title):
    found = re.search(rf">{title}</span> <strong>([^<]*)</strong> <span[^>]*>([^<]*)<", html)
    return found and found.groups()


def test_tiles_stand_beside_the_period_before(staff, pay):
    pay(3, succeeded=True, amount=5_000)
    pay(1, failed=True)
    pay(2, hours_ago=24 * 7, succeeded=True, amount=5_000)

    html = read(staff())

    assert tile(html, "Payments") == ("4", "+100.0 %")
    assert tile(html, "Success rate") == ("75.0 %", "-25.0 points")
    assert tile(html, "Volume") == ("15 000 XAF", "+50.0 %")


def test_the_margin_is_the_fee_less_what_the_provider_takes(staff, pay):
    account = ProviderAccountFactory(cost=150)
    pay(succeeded=True, account=account, amount=10_000, fee=200)

    assert tile(read(staff()), "Margin")[0] == "50 XAF"


def test_a_name_leads_to_the_very_payments(staff, pay):
    pay(operator="mtn", succeeded=True)
    orange = pay(operator="orange", succeeded=True)
    client = staff()

    html = read(client, by="operator")
    url = next(
        link
        for link in re.findall(r'href="(/admin/payments/payment/\?[^"]*)"', html)
        if "operator__exact=orange" in link
    )
    listed = client.get(url)

    assert parse_qs(urlsplit(url).query)["livemode__exact"] == ["0"]
    assert listed.status_code == 200
    ids = re.findall(r"pay_[0-9a-z]{26}", listed.content.decode())
    assert set(ids) == {orange.public_id}


def test_who_may_not_see_payments_sees_figures_without_links(staff, pay):
    pay(succeeded=True)

    html = read(staff(permissions=["view_reportedhour"]))

    assert tile(html, "Payments")[0] == "1"
    assert "/admin/payments/payment/?" not in html


def test_nobody_sees_it_without_the_permission(staff):
    assert staff(permissions=["view_payment"]).get(PAGE).status_code == 403


def test_a_role_sees_its_countries_and_merchants_and_nothing_else(staff, pay):
    shop, other = MerchantFactory(name="Boutique"), MerchantFactory(name="Kiosk")
    pay(1, merchant=shop, country="CM", succeeded=True)
    pay(2, merchant=other, country="CM", failed=True)
    pay(4, merchant=shop, country="SN", operator="free", succeeded=True)

    everything = staff(is_scoped=False)
    cases = [
        (everything, "7"),
        (staff(), "7"),
        (staff(countries=["CM"]), "3"),
        (staff(merchants=[shop]), "5"),
        (staff(countries=["CM"], merchants=[shop]), "1"),
        (staff(countries=["GA"]), "0"),
    ]
    for client, count in cases:
        for by in ("country", "merchant", "operator"):
            assert tile(read(client, by=by), "Payments")[0] == count

    limited = read(staff(countries=["CM"], merchants=[shop]), by="merchant")
    assert "Boutique" in limited
    assert "Kiosk" not in limited
    assert "declined" not in limited
    # Nor by asking for it.
    asked = read(staff(merchants=[shop]), merchant=str(other.pk))
    assert "Kiosk" not in asked
    asked = read(staff(countries=["CM"]), country="SN")
    assert tile(asked, "Payments")[0] == "0"


def test_two_roles_show_what_either_does(staff, pay):
    pay(1, country="CM")
    pay(2, country="SN")
    pay(4, country="CI")
    client = staff(countries=["CM"])
    second = Group.objects.create(name="West")
    StaffScope.objects.create(group=second, countries=["SN"])
    client.user.groups.add(second, Group.objects.create(name="No scope"))

    assert tile(read(client), "Payments")[0] == "3"
    assert len(bounds_of(client.user)) == 2


def test_the_fall_of_one_operator_is_named_in_one_sentence(staff, pay):
    of = {"merchant": MerchantFactory(), "account": ProviderAccountFactory()}
    pay(60, hours_ago=24 * 7, operator="mtn", succeeded=True, **of)
    pay(60, hours_ago=24 * 7, operator="orange", succeeded=True, **of)
    pay(60, operator="mtn", succeeded=True, **of)
    pay(60, operator="orange", failed=True, **of)

    html = read(staff())

    assert (
        "Success fell from 100.0 % to 50.0 %. 100.0 % of it is operator Orange, which succeeded"
        " 100.0 % of the time before and 0.0 % now." in html
    )


def test_a_chart_is_a_table_too(staff, pay):
    pay(3, succeeded=True)

    html = read(staff())

    assert 'role="img"' in html
    assert re.search(r"<td[^>]*> 9 Mar </td>|9 Mar", html)


@pytest.mark.parametrize(
    "query",
    [
        {"first": "never"},
        {"first": "2026-03-09", "last": "2026-03-01"},
        {"first": "0001-01-01"},
        {"last": "9999-12-31"},
        {"by": "colour"},
        {"merchant": "x"},
        {"country": "cm'--"},
        {"mode": "both"},
    ],
)
def test_what_makes_no_sense_is_told_and_harms_nothing(staff, query):
    assert staff().get(PAGE, query).status_code == 200


def test_the_page_costs_the_same_whatever_there_is(staff, pay, django_assert_max_num_queries):
    for n in range(3):
        pay(1, merchant=MerchantFactory(), operator=f"o{n}", succeeded=True)
    client = staff()
    read(client, by="merchant")
    with django_assert_max_num_queries(26):
        read(client, by="merchant")


def test_days_are_whole_days(staff, pay):
    pay(1, hours_ago=12)
    pay(1, hours_ago=13)

    html = read(staff(), first="2026-03-09", last="2026-03-09")

    assert tile(html, "Payments")[0] == "1"


@pytest.mark.parametrize("kind", ["csv", "xlsx", "pdf"])
def test_a_file_has_what_the_role_may_see_and_nothing_else(staff, pay, kind):
    shop, other = MerchantFactory(name="Boutique"), MerchantFactory(name="Kiosk")
    pay(3, merchant=shop, succeeded=True)
    pay(2, merchant=other, failed=True)
    client = staff(merchants=[shop])

    answer = client.get(PAGE, {"mode": "test", "by": "merchant", "file": kind})

    assert answer.status_code == 200
    assert f".{kind}" in answer["Content-Disposition"]
    text = words_of(answer.content, kind)
    assert "Boutique" in text
    assert "Kiosk" not in text
    assert "payer_declined" not in text
    entry = AuditEntry.objects.get(action="report.export")
    assert (entry.detail["file"], entry.detail["rows"]) == (kind, 1)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "pdf"])
@pytest.mark.parametrize(
    "query",
    [{"country": "cm"}, {"first": "never"}, {"first": "2001-01-01"}, {"merchant": "x"}],
)
def test_no_file_is_made_of_less_than_was_asked_for(staff, pay, kind, query):
    pay(1, succeeded=True)

    answer = staff().get(PAGE, {"mode": "test", "file": kind, **query})

    assert answer["Content-Type"].startswith("text/html")
    assert answer.context["form"].errors
    assert not AuditEntry.objects.filter(action="report.export").exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx", "pdf"])
def test_a_file_can_be_of_nothing(staff, kind):
    answer = staff().get(PAGE, {"mode": "test", "file": kind})

    assert answer["Content-Disposition"].startswith("attachment")


def test_a_name_that_no_sheet_can_hold_breaks_no_file(staff, pay):
    pay(merchant=MerchantFactory(name="Kiosk\x0b\x01"), succeeded=True)

    for kind in ("csv", "xlsx", "pdf"):
        answer = staff().get(PAGE, {"mode": "test", "by": "merchant", "file": kind})
        assert answer.status_code == 200


def test_a_name_that_would_be_a_formula_is_a_text(staff, pay):
    pay(merchant=MerchantFactory(name="=HYPERLINK(1)"), succeeded=True)
    client = staff()

    for kind in ("csv", "xlsx"):
        answer = client.get(PAGE, {"mode": "test", "by": "merchant", "file": kind})
        assert "'=HYPERLINK(1)" in words_of(answer.content, kind)


def test_a_long_table_as_pdf_says_what_it_leaves_out(staff, pay, monkeypatch):
    monkeypatch.setattr(table_files, "PDF_ROWS_MAX", 2)
    for number in range(5):
        pay(merchant=MerchantFactory(name=f"Shop {number}"), succeeded=True)
    client = staff()
    client.cookies["django_language"] = "en"

    asked = {"mode": "test", "by": "merchant"}
    pdf, csv = (
        words_of(client.get(PAGE, asked | {"file": kind}).content, kind) for kind in ("pdf", "csv")
    )

    assert "Rows left out here: 3." in pdf
    assert len(re.findall(r"Shop \d", pdf)) == 2
    assert len(re.findall(r"Shop \d", csv)) == 5


def test_nobody_gets_a_file_without_the_permission(staff):
    assert staff(permissions=["view_payment"]).get(PAGE, {"file": "csv"}).status_code == 403


def words_of(content, kind):
    if kind == "csv":
        return content.decode("utf-8-sig")
    if kind == "xlsx":
        book = load_workbook(BytesIO(content))
        return " ".join(
            str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row
        )
    assert content.startswith(b"%PDF-")
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    return " ".join(zlib.decompress(one).decode("latin-1") for one in streams)


@pytest.mark.parametrize(
    ("bounds", "seen"),
    [
        ([{}], 3),
        ([{"countries": ["CM"]}], 2),
        ([{"countries": ["CM"], "merchants": True}], 1),
        ([{"countries": ["CI"]}, {"merchants": True}], 2),
        ([{"countries": ["SN"]}], 0),
        ([{"countries": ["SN"]}, {}], 3),
    ],
)
def test_the_first_page_shows_no_more_figures_than_the_report(staff, clock, bounds, seen):
    now = timezone.now()
    shop = MerchantFactory()
    PaymentFactory(merchant=shop, country="CM", succeeded=True, created_at=now)
    PaymentFactory(country="CM", succeeded=True, created_at=now)
    PaymentFactory(country="CI", succeeded=True, created_at=now)
    client = staff(is_scoped=False)
    for number, bound in enumerate(bounds):
        group = Group.objects.create(name=f"Role {number}")
        client.user.groups.add(group)
        scope = StaffScope.objects.create(group=group, countries=bound.get("countries", []))
        scope.merchants.set([shop] if bound.get("merchants") else [])

    tiles = {tile.title: tile.value for tile in client.get("/admin/?mode=test").context["tiles"]}

    assert str(seen) in tiles.values()
    assert tiles[next(iter(tiles))] == str(seen)


def test_the_volume_is_what_came_in(staff):
    payment = PaymentFactory(succeeded=True, amount=5_000, created_at=timezone.now())
    Payment.objects.filter(pk=payment.pk).update(amount_received=4_000)

    tiles = staff().get("/admin/?mode=test").context["tiles"]

    assert any(tile.value.startswith("4\N{NARROW NO-BREAK SPACE}000") for tile in tiles)
