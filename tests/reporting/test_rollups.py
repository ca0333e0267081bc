"""The figures of reports are what counting all rows again gives, whatever happened in between."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from apps.core.errors import DomainError
from apps.core.hours import HOUR
from apps.core.idempotency import digest_of
from apps.core.money import Money
from apps.core.ttl_cache import clear_all
from apps.fees.models import FeeLine
from apps.ledger.services.find_account import known_accounts
from apps.orchestration.services.apply_replies import apply_reply
from apps.payments.models import Payment
from apps.payments.rules.payment_request import PaymentRequest
from apps.payments.services.cancel_payment import cancel_payment
from apps.payments.services.create_payment import create_payment
from apps.payments.services.expire_due_payments import expire_due_payments
from apps.payouts.models import Payout
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.providers.contract import Outcome, ProviderResult
from apps.reconciliation.selectors.find_violations import find_violations
from apps.refunds.models import Refund
from apps.refunds.services.create_refund import RefundOrder, create_refund
from apps.reporting.invariants import INVARIANTS
from apps.reporting.models import HourCell, ReportedHour, ReportWatermark
from apps.reporting.services import count_changed_hours as counting
from apps.reporting.services import mark_changed_hours as marking
from apps.reporting.services.rebuild_reports import rebuild_reports
from tests.conftest import EMPTY_TABLES
from tests.factories import MerchantFactory, PaymentFactory, charge
from tests.fakes import open_account, submit_due
from tests.other_transactions import wait_for_other_transactions
from tests.reporting.recount import recount, rollups
from tests.tries import at_length
from tests.workers import Outage, Workers, live

pytestmark = pytest.mark.django_db(transaction=True)

LONG = timedelta(days=9)


def count_changed_hours(**given):
    """All of them, however busy the machine is."""
    wait_for_other_transactions()
    return counting.count_changed_hours(**{"budget_s": 600.0, **given})


def mark_changed_hours(**given):
    wait_for_other_transactions()
    return marking.mark_changed_hours(**given)


class Counting(Workers):
    """Everything is really committed: what is committed late must be seen late."""

    def __init__(self):
        RuleBasedStateMachine.__init__(self)
        self.owner_ids, self.lost = [], []

    def teardown(self):
        try:
            count_changed_hours(now=self.clock.now + 9 * LONG)
            assert rollups() == recount()
        finally:
            with connection.cursor() as cursor:
                cursor.execute(EMPTY_TABLES)

    @initialize(is_repeat_safe=st.booleans())
    def begin(self, is_repeat_safe):
        self.open_the_world(is_repeat_safe)
        known_accounts.clear()
        self.merchant = MerchantFactory(fee_basis_points=200)
        for priority in (1, 2):
            open_account(
                operations=["collect", "refund", "disburse"],
                unknown_reference_grace_s=60,
                priority=priority,
            )
        clear_all()
        self.create(amount=1_500)

    @rule(amount=st.sampled_from([100, 1_500, 999_999]))
    def create(self, amount):
        name = f"k{len(self.owner_ids)}"
        self._do(
            lambda: create_payment(
                merchant=self.merchant,
                livemode=False,
                request=PaymentRequest(money=Money(amount, "XAF"), phone="677000001"),
                idempotency_key=name,
                digest=digest_of({"name": name}),
                now=self.clock.now,
            )
        )

    @rule()
    def refund(self):
        for payment in Payment.objects.filter(status="succeeded")[:1]:
            self._do(
                lambda payment=payment: create_refund(
                    payment_id=payment.pk,
                    order=RefundOrder(amount=60),
                    source="api",
                    now=self.clock.now,
                )
            )

    @rule()
    def pay_out(self):
        self._do(
            lambda: create_payout(
                merchant=self.merchant,
                livemode=False,
                request=PayoutRequest(money=Money(100, "XAF"), phone="677000003"),
                now=self.clock.now,
            )
        )

    @rule(n=st.integers(0, 5))
    def cancel(self, n):
        for payment in Payment.objects.order_by("id")[n : n + 1]:
            self._do(lambda pk=payment.pk: cancel_payment(payment_id=pk, now=self.clock.now))

    @rule()
    def expire(self):
        expire_due_payments(now=self.clock.now)

    @rule()
    def look(self):
        mark_changed_hours(now=self.clock.now)

    @rule(is_patient=st.booleans())
    def count(self, is_patient):
        count_changed_hours(now=self.clock.now + (LONG if is_patient else timedelta()))

    @rule(at_statement=st.integers(1, 30))
    def count_and_die(self, at_statement):
        seen = 0

        def away(execute, sql, params, many, context):
            nonlocal seen
            seen += 1
            if seen == at_statement:
                raise Outage("away")
            return execute(sql, params, many, context)

        try:
            with connection.execute_wrapper(away):
                count_changed_hours(now=self.clock.now + LONG)
        except Outage:
            pass

    @precondition(lambda self: self.owner_ids)
    @rule(hours=st.integers(0, 3))
    def rebuild(self, hours):
        now = self.clock.now
        list(rebuild_reports(first=now - hours * HOUR, end=now, now=now))

    def _do(self, act):
        try:
            with transaction.atomic():
                act()
        except DomainError:
            pass
        made = [
            pk
            for model in (Payment, Refund, Payout)
            for pk in model.objects.values_list("pk", flat=True)
        ]
        self.owner_ids += [pk for pk in made if pk not in self.owner_ids]


@pytest.mark.longer
@pytest.mark.timeout(1800)
def test_rollups_are_equal_to_a_recount_whatever_happens(clock, provider, monkeypatch):
    # Each step commits, so stories take longer here.
    stories = at_length(2, 25)
    live(Counting, stories=stories, clock=clock, provider=provider, monkeypatch=monkeypatch)


def test_late_news_is_in_the_hour_of_its_payment(clock):
    payment = PaymentFactory(submitted=True, created_at=clock.now)
    count_changed_hours(now=clock.now + HOUR)
    assert HourCell.objects.get().waiting == 1

    clock.advance(days=3)
    _answer(payment, ProviderResult(Outcome.SUCCEEDED, provider_reference="T9"), clock.now)
    count_changed_hours(now=clock.now)

    (cell,) = HourCell.objects.all()
    assert (cell.hour, cell.waiting, cell.succeeded) == (clock.now - timedelta(days=3), 0, 1)
    assert rollups() == recount()


def test_what_a_refund_gives_back_of_a_fee_is_taken_from_the_fees_of_its_hour(clock, provider):
    account, merchant = open_account(operations=["collect", "refund"]), MerchantFactory()
    plan = charge(merchant, basis_points=Decimal(200), fee_return="proportional")
    line = FeeLine.objects.get(version__plan=plan)
    usual = {"merchant": merchant, "account": account, "succeeded": True, "created_at": clock.now}
    # So that the balance bears the refund, which gives its part of the fee back afterwards.
    PaymentFactory(**usual, fee=0)
    payment = PaymentFactory(**usual, fee=100, fee_line_id=line.pk)
    order = RefundOrder(amount=payment.amount // 2)
    refund = create_refund(payment_id=payment.pk, order=order, source="api", now=clock.now)
    submit_due(clock.now)
    _answer(refund, ProviderResult(Outcome.SUCCEEDED, provider_reference="R1"), clock.now)

    count_changed_hours(now=clock.now + HOUR)

    cells = HourCell.objects.order_by("series__operation").values_list("series__operation")
    assert list(cells.annotate(sum=Sum("fees"))) == [("collect", 100), ("refund", -50)]
    assert rollups() == recount()


def test_what_an_attempt_does_after_its_payment_ended_is_news_too(clock, provider):
    """No event tells of it."""
    payment = PaymentFactory(account=open_account(), submitted=True, created_at=clock.now)
    clock.advance(hours=1)
    expire_due_payments(now=clock.now)
    count_changed_hours(now=clock.now)
    assert HourCell.objects.get().attempts_failed == 0

    clock.advance(hours=9)
    _answer(payment, ProviderResult(Outcome.FAILED, failure_code="payer_declined"), clock.now)
    count_changed_hours(now=clock.now)

    cell = HourCell.objects.get()
    assert (cell.expired, cell.attempts_failed) == (1, 1)
    assert rollups() == recount()


def test_what_is_committed_late_is_seen_however_old_its_ids(clock):
    """It began before others that were counted, and ended after them."""
    PaymentFactory(created_at=clock.now)
    began, may_end = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                PaymentFactory(created_at=clock.now - 5 * HOUR)
                began.set()
                may_end.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert began.wait(30)
    try:
        PaymentFactory(created_at=clock.now)
        count_changed_hours(now=clock.now)
        assert sum(HourCell.objects.values_list("created", flat=True)) < 3
    finally:
        may_end.set()
        thread.join(30)
    count_changed_hours(now=clock.now + HOUR)

    assert sum(HourCell.objects.values_list("created", flat=True)) == 3
    assert rollups() == recount()


def test_a_quiet_hour_is_not_counted_again_and_a_busy_one_a_bounded_number_of_times(clock):
    PaymentFactory(succeeded=True, created_at=clock.now)
    assert count_changed_hours(now=clock.now) == 1
    assert count_changed_hours(now=clock.now + HOUR) == 0

    begin, counted = clock.now, 0
    while clock.advance(minutes=3) < begin + timedelta(days=1):
        ReportedHour.objects.filter(hour=begin).update(changed_at=clock.now)
        counted += count_changed_hours(now=clock.now)

    assert 10 < counted < 50


def test_on_another_server_whose_transactions_are_numbered_anew_everything_is_counted_once(clock):
    PaymentFactory(created_at=clock.now)
    count_changed_hours(now=clock.now)
    ReportWatermark.objects.update(transaction_id=2**62)
    clock.advance(hours=9)
    PaymentFactory(created_at=clock.now)
    count_changed_hours(now=clock.now)

    assert rollups() == recount()


def test_the_command_repairs_what_was_spoiled(clock, capsys):
    for hours in range(3):
        PaymentFactory(failed=True, created_at=clock.now - hours * HOUR)
    count_changed_hours(now=clock.now)
    HourCell.objects.update(succeeded=7)
    begin = (clock.now - HOUR).isoformat()

    call_command("rebuild_reports", "--from", begin, "--to", clock.now.isoformat())

    assert "1 hours counted" in capsys.readouterr().out
    assert HourCell.objects.filter(succeeded=7).count() == 2
    call_command("rebuild_reports")
    assert rollups() == recount()


def _answer(payment, answer, now):
    apply_reply(attempt_id=payment.attempts.get().pk, answer=answer, source="poll", now=now)


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE reporting_hourcell SET created = created + 1",
        "UPDATE reporting_hourcell SET amount_succeeded = 0",
        "DELETE FROM reporting_hourcell",
        "UPDATE reporting_hourcell SET hour = hour - interval '1 hour'",
    ],
)
def test_a_hand_in_the_figures_is_found_by_the_check_of_the_books(clock, spoil):
    PaymentFactory(succeeded=True, created_at=clock.now)
    PaymentFactory(failed=True, created_at=clock.now - HOUR)
    count_changed_hours(now=clock.now)
    assert _broken(clock.now) == 0

    with connection.cursor() as cursor:
        cursor.execute(spoil)

    assert _broken(clock.now) > 0


def test_figures_that_are_only_not_counted_yet_are_no_violation(clock):
    PaymentFactory(succeeded=True, created_at=clock.now)
    count_changed_hours(now=clock.now)
    PaymentFactory(succeeded=True, created_at=clock.now)
    assert _broken(clock.now) == 0

    mark_changed_hours(now=clock.now)
    assert _broken(clock.now) == 0


def _broken(now):
    [found] = find_violations(now=now, among=INVARIANTS)
    return found.violations
