"""Bugs of money that goes out: refunds, payouts, batches of them."""

from tests.planted_bugs.bug import Bug

BATCHES = "apps/payout_batches/services"
RUNS = "tests/payout_batch_runs"

BUGS = (
    Bug(
        "Two refunds at once give back more than was collected",
        "apps/payments/services/reserve_refund.py",
        "payment = load_payments([payment_id], lock=Lock.WAIT)[payment_id]",
        "payment = load_payments([payment_id])[payment_id]",
        (
            "tests/refunds/test_create_refund.py::test_of_refunds_at_once_one_is_made_if_only_one_fits",
        ),
    ),
    Bug(
        "A refund that failed stays set aside in its payment",
        "apps/refunds/services/settle_refunds.py",
        "return_reserved(_amounts(failed))",
        "return_reserved(_amounts(failed[1:]))",
        ("tests/refunds/test_settle_refunds.py::test_a_failure_gives_everything_back_once",),
    ),
    Bug(
        "Of two refunds of one payment that fail together one is forgotten",
        "apps/refunds/services/settle_refunds.py",
        "amounts[case.row.payment_id] += case.row.amount",
        "amounts[case.row.payment_id] = case.row.amount",
        ("tests/refunds/test_settle_refunds.py::test_many_replies_cost_no_query_each",),
    ),
    Bug(
        "A refund is made of a payment that its provider contradicts",
        "apps/refunds/services/create_refund.py",
        "if collected.needs_person:",
        "if collected.needs_person and collected.failure_code:",
        ("tests/refunds/test_book_as_sent.py",),
    ),
    Bug(
        "A refund that was asked for before its payment was contradicted is sent",
        "apps/refunds/services/attempt_owner.py",
        "if row.collected_by.needs_person:",
        "if row.collected_by.needs_person and row.collected_by.failure_code:",
        ("tests/refunds/test_book_as_sent.py",),
    ),
    Bug(
        "The second part of a refund gives back the first part’s fee again",
        "apps/refunds/selectors/fee_returns_of.py",
        "refund.fee_returned = returned_fee(rule, payment.fee, **amounts) - fee",
        "refund.fee_returned = returned_fee(rule, payment.fee, **amounts)",
        ("tests/refunds/test_fees_given_back.py::test_a_refund_gives_back_what_the_plan_says",),
    ),
    Bug(
        "A refund that was sent after all is not taken from its payment again",
        "apps/refunds/services/settle_refunds.py",
        "        if one.was_over:\n            _reserve_again",
        "        if one.was_over and one.case.row.failure_code:\n            _reserve_again",
        ("tests/refunds/test_book_as_sent.py",),
    ),
    Bug(
        "Two payouts at once take the same balance",
        "apps/ledger/services/hold.py",
        "        cursor.execute(LOCK, [payable])\n        # A statement of its own: it sees",
        "        # A statement of its own: it sees",
        ("tests/ledger/test_hold.py",),
    ),
    Bug(
        "A payout whose fee the balance does not bear is held all the same",
        "apps/ledger/services/hold.py",
        "total = Money(sum(one.amount for one in amounts.values()), money.currency)",
        "total = money",
        ("tests/fees/test_payouts_and_refunds.py",),
    ),
    Bug(
        "A payout is sent by another account though the first may have paid it",
        "apps/orchestration/services/settle_outgoing.py",
        "if not is_over and all(one.status == AttemptStatus.NOT_SENT for one in case.attempts):",
        "if not is_over and case.attempts[-1].status in ('not_sent', 'unknown'):",
        ("tests/payouts/test_settle_payout.py",),
    ),
    Bug(
        "More is sent though an attempt that we had closed may have paid",
        "apps/orchestration/services/stop_if_doubtful.py",
        "if not any(one.needs_person and one.status in ATTEMPT_FINAL for one in case.attempts):",
        "if not any(one.needs_person and not one.status for one in case.attempts):",
        ("tests/payouts/test_settle_payout.py",),
    ),
    Bug(
        "What was sent after all is not taken from the balance again",
        "apps/orchestration/services/book_ends.py",
        "        if one.was_over:\n            steps.insert(0",
        "        if one.was_over and account_id is None:\n            steps.insert(0",
        ("tests/payouts/test_book_as_sent.py",),
    ),
    Bug(
        "A payout that nobody approved keeps its fee",
        "apps/payouts/services/release_payout.py",
        'amounts_of(payout, PAYOUT_KINDS, "returned"),',
        "{k: m for k, m in amounts_of(payout, PAYOUT_KINDS, 'returned').items()\n"
        "         if k == PAYOUT_KINDS.amount.returned},",
        (
            "tests/payouts/test_payout_approvals.py::test_what_is_not_approved_gives_all_of_it_back_once",
        ),
    ),
    Bug(
        "A payout is approved though it is not what was shown",
        "apps/orchestration/services/approve_held.py",
        "if not hmac.compare_digest(digest, shown_digest):",
        "if not hmac.compare_digest(digest, digest):",
        ("tests/payouts/test_payout_approvals.py::test_what_is_not_what_was_shown_is_not_sent",),
    ),
    Bug(
        "An order that is in doubt is sent anew where that pays twice",
        "apps/orchestration/services/repeat_order.py",
        "operation_profile(attempt.provider_account, operation_of(attempt)).is_repeat_safe\n",
        "operation_profile(attempt.provider_account, operation_of(attempt)) is not None\n",
        ("tests/payouts/test_settle_payout.py",),
    ),
    Bug(
        "What a merchant was refused by routing stays held in its batch",
        f"{BATCHES}/send_lines.py",
        "            *_returned(batch, sent.refused, now=now),\n",
        "",
        (
            "tests/payout_batch_runs/test_run_batch.py::test_a_line_that_routing_refuses_fails_with_its_code_and_the_others_go_on",
        ),
    ),
    Bug(
        "A retry pays a payee whom the first batch paid after all",
        f"{BATCHES}/send_lines.py",
        "if line.number in paid:",
        "if line.number in paid and batch.retry_of_id is None:",
        (
            "tests/payout_batch_runs/test_retries.py::test_a_payee_who_was_paid_after_all_is_not_paid_by_the_retry",
        ),
    ),
    Bug(
        "The tail of a long batch is not sent again",
        f"{BATCHES}/retry_failed.py",
        "    bulk_write(copied)\n    with long_statements():",
        "    if len(copied) == CHUNK:\n        bulk_write(copied)\n    with long_statements():",
        (
            "tests/payout_batch_runs/test_retries.py::test_a_long_retry_has_each_line_that_failed_once",
        ),
    ),
    Bug(
        "Between two chunks of a retry lines are lost",
        f"{BATCHES}/retry_failed.py",
        "            bulk_write(copied)\n            copied = []",
        "            copied = []",
        (
            "tests/payout_batch_runs/test_retries.py::test_a_long_retry_has_each_line_that_failed_once",
        ),
    ),
    Bug(
        "Two readers of one list write its lines twice",
        f"{BATCHES}/check_batch.py",
        "    if _written(batch) != after:\n        raise BatchReadElsewhere(batch.public_id)\n",
        "",
        (
            "tests/payout_batches/test_check_batch.py::test_two_readers_of_one_batch_write_no_line_twice",
        ),
    ),
    Bug(
        "Who made a batch approves it",
        f"{BATCHES}/approve_batch.py",
        "if {batch.created_by, batch.submitted_by} & hers or has_corrected(batch, hers):",
        "if {batch.submitted_by} & hers or has_corrected(batch, hers):",
        (
            "tests/payout_batch_runs/test_run_batch.py::test_the_maker_never_approves_and_a_changed_batch_is_not_approved",
        ),
    ),
    Bug(
        "Who wrote a payee’s number approves its batch",
        f"{BATCHES}/approve_batch.py",
        "if {batch.created_by, batch.submitted_by} & hers or has_corrected(batch, hers):",
        "if {batch.created_by, batch.submitted_by} & hers:",
        (
            "tests/payout_batch_runs/test_run_batch.py::test_nobody_approves_a_batch_of_which_she_wrote_a_line",
        ),
    ),
    Bug(
        "A batch that was changed since is approved as it was shown",
        f"{BATCHES}/approve_batch.py",
        "        and hmac.compare_digest(digest, shown_digest)\n",
        "",
        (
            "tests/payout_batch_runs/test_run_batch.py::test_the_maker_never_approves_and_a_changed_batch_is_not_approved",
        ),
    ),
    Bug(
        "A worker whose lease is over goes on with a batch that is another’s",
        f"{BATCHES}/run_batch.py",
        "if batch.due_at == leased_until\n",
        "if batch.due_at is not None\n",
        (
            "tests/payout_batch_runs/test_run_batch.py::test_a_runner_whose_lease_is_anothers_does_nothing",
        ),
    ),
    Bug(
        "A correction and a submission of one batch do not wait for each other",
        "apps/payout_batches/selectors/lock_batch.py",
        'PayoutBatch.objects.select_related("merchant")\n'
        '        .select_for_update(of=("self",), no_key=True)\n',
        'PayoutBatch.objects.select_related("merchant")\n',
        ("tests/payout_batches/test_at_the_same_moment.py",),
    ),
    Bug(
        "A form of the staff’s that is sent twice refunds twice",
        "apps/refunds/services/refund_for_merchant.py",
        "if payment.amount_refunded != refunded_before:",
        "if payment.amount_refunded < refunded_before:",
        ("tests/refunds/test_admin.py",),
    ),
    Bug(
        "A list whose control sum is another is paid",
        "apps/payout_batches/rules/read_pain001.py",
        'if said.get("CtrlSum", self.total) != self.total:',
        'if self.total < said.get("CtrlSum", self.total) - self.total:',
        ("tests/payout_batches/test_pain001.py",),
    ),
    Bug(
        "A part of a list whose own sum is another is paid",
        "apps/payout_batches/rules/read_pain001.py",
        "                    payment.check()\n",
        "                    payment.said.clear()\n",
        ("tests/payout_batches/test_pain001.py",),
    ),
    Bug(
        "A payee whose name is another’s is paid by a batch",
        "apps/payout_batches/services/submit_batch.py",
        "if count := names.get(NameResult.DIFFERENT):",
        "if count := names.get(None):",
        ("tests/payout_batches/test_payee_names.py",),
    ),
)
