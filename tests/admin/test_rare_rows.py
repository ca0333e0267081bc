"""A list finds the few at the price of the many, whatever was asked for before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.core.planned_for_its_values import planned_for_its_values
from apps.core.public_ids import new_id_at
from apps.payments.models import Payment
from tests.factories import PaymentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("new_tables")]

PAYMENTS = "/admin/payments/payment/"
COUNT = 3_000
READ = """
SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)
  FROM pg_stat_xact_user_tables WHERE relname = 'payments_payment'
"""


def rows_read():
    with connection.cursor() as cursor:
        cursor.execute(READ)
        [[count]] = cursor.fetchall()
    return count


@pytest.fixture
def three_old_ones(new_tables):
    """Of many payments the oldest three: one that nobody knows, one canceled, one blocked."""
    first = PaymentFactory()
    same = {
        field.attname: getattr(first, field.attname)
        for field in Payment._meta.local_concrete_fields
    }
    ends = [
        ("verifying", ""),
        ("canceled", ""),
        ("failed", "payer_blocked"),
        *[("succeeded", ""), ("failed", "payer_declined")] * (COUNT // 2),
    ]
    begun = timezone.now() - timedelta(days=1)
    payments = []
    for number, (status, code) in enumerate(ends):
        at = begun + timedelta(seconds=number)
        own = {"id": new_id_at(at), "created_at": at, "status": status, "failure_code": code}
        payments.append(Payment(**{**same, **own}))
    Payment.objects.bulk_create(payments, batch_size=1_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE payments_payment, payments_paymentstate")
    return payments[:3]


@pytest.mark.parametrize(
    ("common", "rare", "place"),
    [
        ({"status__exact": "failed"}, {"status__exact": "verifying"}, 0),
        ({"status__exact": "failed"}, {"status__exact": "canceled"}, 1),
        (
            {"failure_code__exact": "payer_declined"},
            {"failure_code__exact": "payer_blocked"},
            2,
        ),
    ],
)
def test_the_few_are_found_without_reading_the_many(admin, three_old_ones, common, rare, place):
    for _ in range(10):
        assert len(admin.get(PAYMENTS, common).context["cl"].result_list) == 50

    before = rows_read()
    found = admin.get(PAYMENTS, rare).context["cl"].result_list

    assert [one.pk for one in found] == [three_old_ones[place].pk]
    assert rows_read() - before < COUNT / 10


def test_what_is_planned_for_its_values_is_not_prepared_and_what_comes_after_is():
    def prepared(sql):
        with connection.cursor() as cursor:
            for _ in range(5):
                cursor.execute(sql, [1])
            cursor.execute(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement = %s",
                [sql.replace("%s", "$1")],
            )
            [[count]] = cursor.fetchall()
        return count

    with pytest.raises(ZeroDivisionError), planned_for_its_values():
        assert prepared("SELECT %s::int + 1") == 0
        raise ZeroDivisionError

    assert prepared("SELECT %s::int + 2") == 1
