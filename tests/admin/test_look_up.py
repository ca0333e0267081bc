"""What somebody on the telephone knows, without a reference: found among all there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.core.public_ids import encode_id, new_id_at
from apps.orchestration.admin.look_up import PAGE_ROWS
from apps.payments.models import Payment
from apps.payouts.models import Payout
from apps.refunds.models import Refund
from apps.reporting.models import StaffScope
from tests.admin.conftest import acts, make_rows
from tests.factories import MerchantFactory, PaymentFactory, ProviderAccountFactory
from tests.query_plans import plan_of, rows_of

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:payments_payment_look_up")
# Two in the afternoon in Douala.
TWO = datetime(2026, 3, 10, 13, 0, tzinfo=UTC)
KNOWN = {
    "amount_from": "4500",
    "amount_to": "5500",
    "day": "2026-03-10",
    "around": "14:00",
    "country": "CM",
    "mode": "test",
}


def found(client, page=PAGE, **said):
    answer = client.get(page, {**KNOWN, **said})
    assert answer.status_code == 200
    assert not answer.context["form"].errors, answer.context["form"].errors
    return [row["public_id"] for row in answer.context["rows"]]


def errors(client, **said):
    return client.get(PAGE, {**KNOWN, **said}).context["form"].errors


@pytest.fixture
def payments():
    """The one that is meant, and one that differs from it in each thing that is known."""
    ProviderAccountFactory(country="CM")
    shop = MerchantFactory(name="Boutique d’Awa")
    other = MerchantFactory(name="Kiosque")

    def make(**fields):
        known = {"merchant": shop, "created_at": TWO, "amount": 5_000}
        return PaymentFactory(**{**known, **fields}).public_id

    return {
        "meant": make(),
        "amount": make(amount=5_501),
        "time": make(created_at=TWO + timedelta(hours=1)),
        "country": make(country="GA"),
        "operator": make(operator="orange"),
        "merchant": make(merchant=other),
        "number": make(payer_msisdn="237677000002"),
        "mode": make(livemode=True, account=ProviderAccountFactory(livemode=True)),
    }


def test_about_so_much_about_then_by_that_operator_is_found_without_a_reference(admin, payments):
    known = {"operator": "mtn", "merchant": "boutique", "number": "01"}

    assert found(admin, **known) == [payments["meant"]]
    for name, wider in {
        "amount": {"amount_to": "6000"},
        "time": {"hours": "2"},
        "country": {"country": ""},
        "operator": {"operator": ""},
        "merchant": {"merchant": ""},
        "number": {"number": ""},
    }.items():
        assert set(found(admin, **{**known, **wider})) == {payments["meant"], payments[name]}, name
    assert found(admin, **known, mode="") == [payments["mode"]]


@pytest.mark.parametrize(
    ("said", "is_found"),
    [
        ({"amount_from": "5000", "amount_to": ""}, True),
        ({"amount_from": "5001", "amount_to": ""}, False),
        ({"amount_from": "5000", "amount_to": "5000"}, True),
        ({"around": ""}, True),
        ({"around": "14h"}, True),
        ({"around": "13:00"}, False),
        ({"around": "13:01"}, True),
        ({"around": "15:00"}, True),
        ({"around": "15:01"}, False),
        ({"day": "2026-03-09", "around": ""}, False),
        ({"day": "2026-03-11", "around": "00:30", "hours": "4"}, False),
        ({"number": "677 00 00 01"}, True),
        ({"number": "+237677000002"}, False),
    ],
)
def test_each_thing_that_is_known_has_its_edges(admin, said, is_found):
    ProviderAccountFactory(country="CM")
    payment = PaymentFactory(created_at=TWO)

    assert found(admin, **said) == [payment.public_id] * is_found


def test_the_hour_is_of_the_payers_country_else_of_the_merchant(admin):
    merchant = MerchantFactory(name="Boutique", timezone="Africa/Douala")
    payment = PaymentFactory(merchant=merchant, created_at=TWO)
    admin.cookies["django_language"] = "en"

    for said, around, zone in (
        ({"country": "CM"}, "14:00", "Africa/Douala"),
        ({"merchant": "Boutique"}, "14:00", "Africa/Douala"),
        ({}, "13:00", "UTC"),
    ):
        said = {"country": "", "around": around, **said}
        other = f"{int(around[:2]) + 2}:01"

        assert found(admin, **said) == [payment.public_id]
        assert found(admin, **{**said, "around": other}) == []
        assert f"times of {zone}" in admin.get(PAGE, {**KNOWN, **said}).content.decode()


def test_payouts_and_refunds_are_found_alike(admin):
    make_rows(1)
    for model, page in ((Payout, "payouts_payout"), (Refund, "refunds_refund")):
        row = model.objects.first()
        said = {
            "amount_from": str(row.amount),
            "amount_to": "",
            "day": row.created_at.date().isoformat(),
            "around": row.created_at.strftime("%H:%M"),
            "country": "",
            "operator": row.operator,
            "number": "",
            "mode": "live" if row.livemode else "test",
        }
        url = reverse(f"admin:{page}_look_up")

        assert row.public_id in found(admin, url, **said), model
        assert row.public_id not in found(admin, url, **{**said, "operator": "wave"}), model
        assert row.public_id not in found(admin, url, **{**said, "number": "99"}), model


def test_page_after_page_shows_each_once_newest_first(admin):
    merchant = MerchantFactory()
    # Some of one instant, and some over hours.
    times = [TWO] * (PAGE_ROWS + 5) + [TWO - timedelta(minutes=7 * n) for n in range(40)]
    made = [PaymentFactory(merchant=merchant, created_at=at) for at in times]
    query, seen = {**KNOWN, "around": "", "country": ""}, []

    while query:
        answer = admin.get(PAGE, query)
        seen += [row["public_id"] for row in answer.context["rows"]]
        following = answer.context["next_query"]
        query = {**query, "after": seen[-1]} if following else {}

    made.sort(key=lambda one: (one.created_at, one.pk), reverse=True)
    assert seen == [one.public_id for one in made]


@pytest.mark.parametrize("place", ["x", "", encode_id("pay", UUID(int=7)), "\0"])
def test_a_place_that_is_gone_is_said_to_be(admin, place):
    PaymentFactory(created_at=TWO)

    answer = admin.get(PAGE, {**KNOWN, "country": "", "after": place})

    assert answer.context["form"].non_field_errors()
    assert answer.context["rows"] == []


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"amount_from": ""}, "amount_from"),
        ({"amount_from": "-1"}, "amount_from"),
        ({"amount_from": "9" * 400}, "amount_from"),
        ({"amount_from": "6000"}, "amount_to"),
        ({"day": "soon"}, "day"),
        ({"day": "0001-01-01"}, "day"),
        ({"day": "9999-12-31"}, "day"),
        ({"around": "25"}, "around"),
        ({"hours": "900"}, "hours"),
        ({"country": "XX"}, "country"),
        ({"operator": "nobody"}, "operator"),
        ({"merchant": "nobody at all"}, "merchant"),
        ({"number": "7"}, "number"),
        ({"number": "00001"}, "number"),
        ({"number": "999999999999"}, "number"),
        ({"mode": "both"}, "mode"),
    ],
)
def test_what_cannot_be_looked_for_is_said_at_its_field(admin, said, field):
    ProviderAccountFactory(country="CM")
    PaymentFactory(created_at=TWO)

    assert list(errors(admin, **said)) == [field]
    assert not AuditEntry.objects.filter(action="payment.look_up").exists()


def test_a_name_that_many_have_asks_for_more_of_it(admin):
    ProviderAccountFactory(country="CM")
    MerchantFactory.create_batch(21, name="Pharmacie")

    assert "merchant" in errors(admin, merchant="pharma")


def test_each_look_is_on_record_without_the_number(admin):
    ProviderAccountFactory(country="CM")
    PaymentFactory(created_at=TWO)

    found(admin, number="677 00 00 01")

    entry = acts().get(action="payment.look_up")
    assert entry.detail["rows"] == 1
    assert entry.detail["filters"]["amount_from"] == "4500"
    assert set(entry.detail["filters"]["number"]) == {"•"}
    assert "677" not in str(entry.detail)


def test_an_opened_page_looks_for_nothing_and_knows_the_only_country(admin):
    ProviderAccountFactory(country="CM")

    answer = admin.get(PAGE)

    assert answer.context["form"].initial["country"] == "CM"
    assert not answer.context["is_found_out"]
    assert not acts().filter(action="payment.look_up").exists()


def test_a_role_finds_its_own_and_no_others(payments):
    user = User.objects.create_user("binta", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_payment"))
    group = Group.objects.create(name="Gabon")
    user.groups.add(group)
    StaffScope.objects.create(group=group, countries=["GA"])
    client = Client()
    client.force_login(user)
    ProviderAccountFactory(country="GA")

    known = {"country": "GA"}
    assert found(client, **known) == [payments["country"]]
    assert found(client, country="", around="13:00") == [payments["country"]]
    # Nor is another's payment a place to go on from, nor their country one to choose.
    answer = client.get(PAGE, {**KNOWN, **known, "after": payments["meant"]})
    assert answer.context["form"].non_field_errors()
    assert "country" in client.get(PAGE, KNOWN).context["form"].errors


def test_without_the_right_to_see_payments_there_is_nothing_to_look_for(login):
    client = login("payouts.view_payout")

    assert client.get(PAGE, KNOWN).status_code == 403
    assert client.get(reverse("admin:payouts_payout_look_up")).status_code == 200


def fill(template, count, *, every):
    """So many payments more, one `every` so often, newest last; amounts of all sizes."""
    same = {
        field.attname: getattr(template, field.attname)
        for field in Payment._meta.local_concrete_fields
    }
    payments = []
    for number in range(count):
        at = TWO - every * (count - number)
        own = {"id": new_id_at(at), "created_at": at, "amount": 100 + number % 9_973}
        payments.append(Payment(**{**same, **own}))
    Payment.objects.bulk_create(payments, batch_size=2_000)


def cost_of(client, **said):
    with CaptureQueriesContext(connection) as sent:
        found(client, **said)
    statements = [one["sql"] for one in sent if "date_bin" in one["sql"]]
    assert statements
    return sum(rows_of(plan_of(one), "payments_payment") for one in statements)


@pytest.mark.usefixtures("new_tables")
def test_what_a_look_reads_does_not_grow_with_the_table(admin):
    ProviderAccountFactory(country="CM")
    template = PaymentFactory(created_at=TWO)
    looks = [
        {"number": "99"},
        {"number": "99", "around": ""},
        {"merchant": template.merchant.public_id, "operator": "orange"},
        {"amount_from": "5000", "amount_to": "5000"},
    ]
    # Every 20 seconds: an hour has 180, and a day 4,320.
    fill(template, 4_320, every=timedelta(seconds=20))
    few = [cost_of(admin, **look) for look in looks]

    old = PaymentFactory(merchant=template.merchant, created_at=TWO - timedelta(days=2))
    fill(old, 20_000, every=timedelta(seconds=600))

    for look, cost in zip(looks, few, strict=True):
        # A tenth of the amounts, of the hours that are asked for and no others.
        assert cost <= 600, look
        assert cost_of(admin, **look) <= cost + 50, look
