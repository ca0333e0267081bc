"""A batch holds what leaves the balance: its amounts, and their fees as of its submission."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from lxml import etree

from apps.fees.selectors.promise_fee import FeeNotConvertible
from apps.ledger.models import Transfer
from apps.ledger.services.hold import BalanceTooLow
from apps.payout_batches.models import PayoutBatchLine
from apps.payout_batches.rules.refusals import PayoutBatchChanged
from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.selectors.read_digest import read_digest
from apps.payout_batches.selectors.sum_rails import sum_rails
from apps.payout_batches.services import promise_fees as promising
from apps.payout_batches.services.build_results import build_results
from apps.payout_batches.services.cancel_batch import cancel_batch
from apps.payout_batches.services.check_batch import check_batch
from apps.payout_batches.services.correct_line import correct_line
from apps.payout_batches.services.pause_batch import pause_batch
from apps.payout_batches.services.receive_batch import BatchOrder, receive_batch
from apps.payout_batches.services.reject_batch import reject_batch
from apps.payouts.models import Payout
from apps.providers.contract import Outcome
from apps.reconciliation.tests.corruption import lift_safeguards
from tests.factories import charge
from tests.fakes import FAKE
from tests.payout_batch_runs.conftest import CHECKER, MAKER, balance, fresh, statuses
from tests.payouts.conftest import BALANCE

pytestmark = pytest.mark.django_db

# Of 1,000: 25, with a tax of 5. Of 2,000: 35, with a tax of 7.
TERMS = {"basis_points": Decimal(100), "fixed": 15, "tax_basis_points": Decimal(1925)}
LINES = [{}, {"amount": 2_000}, {}, {"status": "invalid"}]
TOTAL, FEES = 4_000, 25 + 35 + 25 + 5 + 7 + 5


@pytest.fixture
def priced(merchant):
    charge(merchant, operation="disburse", **TERMS)
    return merchant


def held(batch):
    return dict(Transfer.objects.filter(source_id=batch.pk).values_list("kind", "amount"))


def fees(batch):
    return list(batch.lines.order_by("number").values_list("fee", "fee_tax"))


def test_what_is_held_is_what_will_leave_the_balance(clock, priced, draft, submit, monkeypatch):
    monkeypatch.setattr(promising, "PAGE", 2)
    batch = draft(LINES)

    submitted = submit(batch)

    assert fees(batch) == [(25, 5), (35, 7), (25, 5), (0, 0)]
    assert held(batch) == {"batch_held": TOTAL + FEES}
    assert balance(priced) == BALANCE - TOTAL - FEES
    ready = {"count": 3, "amount": TOTAL, "fee": 85, "fee_tax": 17}
    assert submitted.line_sums["ready"] == ready
    (rail,) = sum_rails(batch.pk)
    assert (rail["amount"], rail["fee"], rail["fee_tax"]) == (TOTAL, 85, 17)
    progress = describe_batch(fresh(batch), now=clock.now).progress
    assert (progress["fee_total"], progress["fee_tax_total"]) == (85, 17)


def test_each_payout_bears_its_lines_fee_whatever_the_plan_is_by_then(
    clock, priced, running, turn, pay_all, provider, broken_books
):
    batch = running(LINES)
    charge(priced, operation="disburse", fixed=500)

    turn(batch)
    pay_all(Outcome.SUCCEEDED, limit=2)
    pay_all(Outcome.FAILED)
    turn(batch)

    assert sorted(Payout.objects.values_list("fee", "fee_tax")) == [(25, 5), (25, 5), (35, 7)]
    paid = Payout.objects.filter(status="succeeded")
    assert paid.count() == 2
    spent = sum(one.amount + one.fee + one.fee_tax for one in paid)
    assert balance(priced) == BALANCE - spent
    assert broken_books() == {}
    sums = describe_batch(fresh(batch), now=clock.now).line_sums
    assert (sums["failed"]["fee"], sums["failed"]["fee_tax"]) == (0, 0)


def test_a_line_that_no_rail_takes_gives_its_fee_back(priced, running, turn, broken_books):
    batch = running([{"amount": 50}, {}])

    turn(batch)

    assert statuses(batch) == ["failed", "sent"]
    assert held(batch)["batch_returned"] == 50 + 16 + 3
    assert balance(priced) == BALANCE - 1_000 - 30
    assert broken_books() == {}


def test_what_is_canceled_gives_its_fees_back(
    clock, priced, running, turn, monkeypatch, broken_books
):
    batch = running(LINES)

    cancel_batch(batch_id=batch.pk, source="api", now=clock.now)

    assert balance(priced) == BALANCE
    assert broken_books() == {}


def test_a_batch_that_is_sent_back_costs_what_it_costs_when_it_is_submitted_again(
    clock, priced, draft, submit, broken_books
):
    batch = draft(LINES)
    submit(batch)
    usual = {"rejected_by": CHECKER, "reason": "no", "source": "api", "now": clock.now}

    back = reject_batch(batch_id=batch.pk, **usual)

    assert back.line_sums["ready"]["fee"] == 85
    assert balance(priced) == BALANCE
    charge(priced, operation="disburse", fixed=7)
    submit(batch)
    assert fees(batch) == [(7, 0)] * 3 + [(0, 0)]
    assert balance(priced) == BALANCE - TOTAL - 21
    assert broken_books() == {}


def test_a_balance_that_lacks_the_fees_is_too_low(priced, draft, submit):
    batch = draft([{"amount": BALANCE}])

    with pytest.raises(BalanceTooLow, match="fee"):
        submit(batch)

    assert fresh(batch).status == "draft"


def test_the_fees_are_part_of_what_is_approved(priced, draft, submit, approve):
    batch = draft(LINES)
    submit(batch)
    lift_safeguards()
    PayoutBatchLine.objects.filter(batch=batch, number=1).update(fee=26)

    with pytest.raises(PayoutBatchChanged):
        approve(batch)


def test_a_batch_without_fees_has_the_digest_it_always_had(draft, submit):
    batch = submit(draft(LINES))
    digest = read_digest(batch)

    PayoutBatchLine.objects.filter(batch=batch).update(fee_line_id=batch.pk)

    assert read_digest(batch) == digest


def checked(clock, merchant, count):
    """A batch whose lines were read, and priced as they were."""
    lines = [{"phone": f"+2376770{number:05}", "amount": 1_000 + number} for number in range(count)]
    content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    order = BatchOrder(currency="XAF", source="api", created_by=MAKER)
    with transaction.atomic():
        batch = receive_batch(
            merchant=merchant, livemode=False, order=order, content=[content], now=clock.now
        )
    check_batch(batch_id=batch.pk, now=clock.now)
    return fresh(batch)


@pytest.mark.parametrize("is_free", [True, False])
def test_a_submission_sums_and_holds_and_prices_no_line(
    clock, merchant, submit, monkeypatch, is_free
):
    """Lines have their price from when they were read: however many, it takes as many statements,
    and none writes a line."""
    if not is_free:
        charge(merchant, operation="disburse", **TERMS)
    monkeypatch.setattr(promising, "PAGE", 2)
    submit(checked(clock, merchant, 1))
    few, many = checked(clock, merchant, 2), checked(clock, merchant, 5)
    # 1 % and 15 of each, to the nearest, and the tax on it.
    assert fees(few) == ([(0, 0)] * 2 if is_free else [(25, 5)] * 2)

    with CaptureQueriesContext(connection) as of_few:
        submit(few)
    with CaptureQueriesContext(connection) as of_many:
        submit(many)

    assert len(of_many) == len(of_few)
    written = [
        one["sql"] for one in of_many if "UPDATE payout_batches_payoutbatchline" in one["sql"]
    ]
    assert not written


def test_a_plan_that_changed_since_the_check_holds_as_of_the_submission(
    clock, priced, submit, broken_books
):
    batch = checked(clock, priced, 3)
    assert fees(batch) == [(25, 5)] * 3
    charge(priced, operation="disburse", fixed=7)

    submitted = submit(batch)

    assert fees(batch) == [(7, 0)] * 3
    assert submitted.line_sums["ready"]["fee"] == 21
    assert held(batch) == {"batch_held": 3_003 + 21}
    assert bytes(submitted.digest) == read_digest(fresh(batch))
    assert broken_books() == {}


def test_a_price_that_was_dropped_is_charged_no_more(clock, priced, submit):
    batch = checked(clock, priced, 2)
    charge(priced, operation="collect", fixed=7)

    assert submit(batch).line_sums["ready"]["fee"] == 0
    assert fees(batch) == [(0, 0)] * 2


@pytest.mark.parametrize("changed", [{"amount": 5_000}, {"operator": "orange"}, {"fee": 1}])
def test_what_changes_a_line_and_not_its_price_has_it_priced_anew(clock, priced, submit, changed):
    """As a process of the release before does."""
    charge(
        priced,
        {"operation": "disburse", "basis_points": Decimal(100)},
        {"operation": "disburse", "operator": "orange", "fixed": 3},
    )
    batch = checked(clock, priced, 2)
    PayoutBatchLine.objects.filter(batch=batch, number=1).update(**changed)

    submit(batch)

    expected = {"amount": 50, "operator": 3, "fee": 10}[next(iter(changed))]
    assert fees(batch) == [(expected, 0), (10, 0)]


def test_a_corrected_line_has_its_price_at_once(clock, priced, submit):
    batch = checked(clock, priced, 1)

    correct_line(
        batch_id=batch.pk,
        number=1,
        cells={"amount": 2_000},
        actor="key:one",
        corrected_by="key:one",
        now=clock.now,
    )

    assert fees(batch) == [(35, 7)]
    assert promising.promise_fees(batch, now=clock.now) is False


def test_a_plan_that_has_no_parity_refuses_the_submission_and_not_the_list(clock, merchant, submit):
    charge(merchant, operation="disburse", fixed=1, currency="USD")
    batch = checked(clock, merchant, 1)
    assert batch.status == "draft"

    with pytest.raises(FeeNotConvertible):
        submit(batch)

    assert fresh(batch).status == "draft"


def test_a_price_of_one_provider_is_that_of_who_would_send_it(merchant, draft, submit):
    charge(
        merchant,
        {"operation": "disburse", "fixed": 1},
        {"operation": "disburse", "provider": FAKE, "fixed": 9},
    )
    batch = draft(2)

    submit(batch)

    assert fees(batch) == [(9, 0), (9, 0)]


def test_the_results_say_what_each_line_cost(clock, priced, running, turn, pay_all):
    batch = running([{}, {"amount": 2_000}, {"amount": 50}])
    turn(batch)
    pay_all(Outcome.SUCCEEDED)
    turn(batch)

    def built(kind):
        return build_results(fresh(batch), kind=kind, now=clock.now).content

    _headers, *rows = csv.reader(StringIO(built("csv").decode("utf-8-sig")))
    assert [row[14:16] for row in rows] == [["25", "5"], ["35", "7"], ["0", "0"]]
    report = etree.parse(BytesIO(built("pain.002.001.10")))
    told = [node.text for node in report.iter("{*}AddtlInf")]
    assert "25" in told[0] and "5" in told[0]
    assert len(built("pdf")) > 1_000


def test_a_paused_batch_still_holds_its_fees(clock, priced, running, broken_books):
    batch = running(LINES)

    pause_batch(batch_id=batch.pk, source="api", now=clock.now)

    assert balance(priced) == BALANCE - TOTAL - FEES
    assert broken_books() == {}
