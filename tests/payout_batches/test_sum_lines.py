"""What stands beside a batch is what a count of its lines would say, and no list reads a line."""

import itertools

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.public_ids import new_id
from apps.payout_batches.models import (
    BatchStatus,
    LineStatus,
    PayoutBatch,
    PayoutBatchLine,
    PayoutBatchSum,
)
from apps.payout_batches.selectors.sum_lines import LineSum, count_lines, sum_lines
from apps.payout_batches.selectors.sum_rails import sum_rails
from apps.providers.models import ProviderAccount
from tests.api.conftest import Shop
from tests.factories import MerchantFactory
from tests.fakes import open_account
from tests.payout_batches.test_admin import sign_in
from tests.payout_batches.test_batches_api import BATCHES

pytestmark = pytest.mark.django_db

LINES = "payout_batches_payoutbatchline"
MANY = 100_000
NUMBERS = itertools.count(1)
FILL = f"""
INSERT INTO {LINES} (id, batch_id, number, status, amount, country, operator, payee_msisdn_masked,
                     merchant_reference, description, problems, warnings, correctors, failure_code,
                     fee, fee_tax, payee_msisdn_encrypted)
SELECT gen_random_uuid(), %s, n, 'ready', 100 + n %% 7, 'CM', 'mtn', '', '', '', '[]', '[]', '[]',
       '', 1, 0, 'x'
  FROM generate_series(1, {MANY}) n
"""
STATUSES = st.sampled_from(["invalid", "ready", "dropped", "canceled"])
ROWS = st.tuples(
    STATUSES, st.integers(1, 10**12), st.sampled_from(["", "mtn", "orange"]), st.integers(0, 1)
)
ACTS = st.one_of(
    st.tuples(st.just("write"), st.lists(ROWS, max_size=5)),
    st.tuples(st.just("move"), STATUSES, STATUSES),
    st.tuples(st.just("price"), STATUSES, st.integers(0, 1)),
    st.tuples(st.just("route"), STATUSES, st.sampled_from(["mtn", "orange"])),
    st.tuples(st.just("remove"), STATUSES),
)


def test_each_status_has_its_count_and_its_sum():
    batch = _batch()
    _write(batch, [("ready", 1_000, "mtn", 0), ("ready", 500, "orange", 0)])
    _write(batch, [("invalid", None, "", 0)])
    _write(_batch(), [("ready", 7, "mtn", 0)])

    assert sum_lines(batch.pk) == {"ready": LineSum(2, 1_500), "invalid": LineSum(1, 0)}
    assert [(one["operator"], one["count"], one["amount"]) for one in sum_rails(batch.pk)] == [
        ("mtn", 1, 1_000),
        ("orange", 1, 500),
    ]


@settings(
    max_examples=40,
)
@given(acts=st.lists(st.tuples(st.integers(0, 1), ACTS), max_size=8))
def test_whatever_is_written_the_sums_are_those_of_a_count(acts):
    batches = [_batch(), _batch()]

    for whose, (name, *said) in acts:
        lines = PayoutBatchLine.objects.filter(batch=batches[whose])
        if name == "write":
            _write(batches[whose], *said)
        elif name == "move":
            lines.filter(status=said[0]).update(status=said[1])
        elif name == "price":
            lines.filter(status=said[0]).update(fee=said[1], amount=F("amount") + said[1])
        elif name == "route":
            lines.filter(status=said[0]).update(operator=said[1])
        else:
            lines.filter(status=said[0]).delete()

    for batch in batches:
        assert sum_lines(batch.pk) == count_lines(batch.pk)


def test_sums_that_are_wrong_are_counted_anew():
    batch, other = _batch(), _batch()
    for each in (batch, other):
        _write(each, [("ready", 1_000, "mtn", 0)])
    PayoutBatchSum.objects.update(count=9, amount=-4)

    call_command("recount_batches", batch.public_id)
    assert sum_lines(batch.pk) == count_lines(batch.pk) == {"ready": LineSum(1, 1_000)}
    assert sum_lines(other.pk) != count_lines(other.pk)

    call_command("recount_batches")
    assert sum_lines(other.pk) == count_lines(other.pk)
    with pytest.raises(CommandError):
        call_command("recount_batches", "pob_nothing")


def test_no_list_reads_a_line_of_a_hundred_thousand(merchant, provider, clock):
    open_account(operations=["disburse"])
    # With a limit, so that the time that is left is told too.
    ProviderAccount.objects.update(orders_per_minute=60)
    batch = _batch(merchant=merchant, status=BatchStatus.DRAFT)
    with connection.cursor() as cursor:
        cursor.execute(FILL, [batch.pk])
    shop, staff = Shop(merchant), sign_in("paul", "view_payoutbatch")

    with CaptureQueriesContext(connection) as read:
        (listed,) = shop.get(BATCHES).json()["data"]
        got = shop.get(f"{BATCHES}/{batch.public_id}").json()
        page = staff.get("/admin/payout_batches/payoutbatch/")

    # Before the next request, which forgets them.
    statements = [one["sql"] for one in read.captured_queries]
    # Its names are looked for among the lines that have a check.
    report = shop.get(f"{BATCHES}/{batch.public_id}/report").json()
    assert any("payout_batches_payoutbatchsum" in sql for sql in statements)
    assert [sql for sql in statements if LINES in sql] == []
    amount = PayoutBatchSum.objects.get().amount
    assert listed == got
    assert (listed["lines"]["ready"]["count"], listed["lines"]["ready"]["amount"]) == (MANY, amount)
    assert listed["progress"]["seconds_left_min"] == MANY
    assert report["rails"][0]["count"] == MANY
    assert f"{amount + MANY:,}".replace(",", "\u202f") in page.content.decode()


def _batch(**fields):
    usual = {
        "livemode": False,
        "currency": "XAF",
        "source": "api",
        "status": BatchStatus.DRAFT,
        "created_by": "key:one",
        "created_at": timezone.now(),
    }
    if "merchant" not in fields:
        fields["merchant"] = MerchantFactory()
    return PayoutBatch.objects.create(**usual | fields)


def _write(batch, rows):
    """One statement, whatever the rows."""
    PayoutBatchLine.objects.bulk_create(
        PayoutBatchLine(
            id=new_id(),
            batch=batch,
            number=next(NUMBERS),
            status=LineStatus(status),
            amount=amount,
            operator=operator,
            country="CM" if operator else "",
            fee=fee if amount else 0,
            payee_msisdn_encrypted=b"x",
            payee_msisdn_index=b"x",
        )
        for status, amount, operator, fee in rows
    )
