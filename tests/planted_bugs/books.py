"""Bugs of the books: ledger, fees, reserves, settlement."""

from tests.planted_bugs.bug import Bug

SETTLES = "apps/settlement/services"

BUGS = (
    Bug(
        "What becomes available is the gross, not the net",
        "apps/ledger/services/post.py",
        "(left := 2 * gross.amount - sum(each.amount for each in booking.amounts.values()))",
        "(left := gross.amount)",
        ("tests/ledger/test_pending.py::test_what_is_paid_with_a_delay_is_pending_less_its_fee",),
    ),
    Bug(
        "A reserve is kept of the gross, not the net",
        "apps/payments/services/settle_payment.py",
        "gross - fee - fee_tax, basis_points=terms.reserve.basis_points",
        "gross, basis_points=terms.reserve.basis_points",
        ("tests/ledger/test_reserve.py",),
    ),
    Bug(
        "Payments booked at once keep more than the reserve’s cap",
        "apps/ledger/services/lock_reserves.py",
        "        cursor.execute(LOCK, [[str(pk) for pk in ordered]])\n",
        "",
        (
            "tests/ledger/test_reserve_cap.py::test_payments_booked_at_once_never_keep_more_than_the_cap",
        ),
    ),
    Bug(
        "Payments booked together each fill the reserve’s cap",
        "apps/ledger/services/post.py",
        "        balances[key] += kept.amount\n",
        "",
        ("tests/ledger/test_reserve_cap.py",),
    ),
    Bug(
        "The day of a payment is the server’s, not the rail’s",
        "apps/ledger/rules/available_at.py",
        "local = paid_at.astimezone(ZoneInfo(zone))",
        "local = paid_at",
        ("tests/ledger/test_pending.py::test_a_day_is_the_calendars_where_the_rail_is",),
    ),
    Bug(
        "What was released is released again with what came later for its day",
        "apps/ledger/services/release_pending.py",
        " WHERE p.release_id IS NULL\n   AND (p.available_at",
        " WHERE (p.available_at",
        (
            "tests/ledger/test_pending.py::test_what_is_paid_for_a_day_already_released_is_released_next",
        ),
    ),
    Bug(
        "A snapshot counts what is not committed before what is",
        "apps/ledger/services/take_snapshots.py",
        "WHERE to_account_id = a.id AND database_transaction < cut.horizon\n",
        "WHERE to_account_id = a.id\n",
        ("tests/ledger/test_balance.py",),
    ),
    Bug(
        "A snapshot forgets what is older than the one before",
        "apps/ledger/services/take_snapshots.py",
        "COALESCE(s.balance, 0) + COALESCE(i.total, 0) - COALESCE(o.total, 0)",
        "COALESCE(i.total, 0) - COALESCE(o.total, 0)",
        ("tests/ledger/test_balance.py",),
    ),
    Bug(
        "A conversion is rounded twice",
        "apps/core/money.py",
        "return Money((2 * self.amount * target + source) // (2 * source), currency)",
        "tenths = (20 * self.amount * target + source) // (2 * source)\n"
        "        return Money((tenths + 5) // 10, currency)",
        ("tests/core/test_money.py",),
    ),
    Bug(
        "The tax on a fee is reckoned before the fee is rounded",
        "apps/fees/rules/compute_fee.py",
        "tax = int((fee * tax_share).to_integral_value(rounding))",
        "tax = int((exact * tax_share).to_integral_value(rounding))",
        ("tests/fees/test_compute_fee.py",),
    ),
    Bug(
        "A fee and its tax are more than was paid",
        "apps/fees/rules/compute_fee.py",
        "        tax = min(tax, money.amount - fee)\n",
        "",
        ("tests/fees/test_compute_fee.py",),
    ),
    Bug(
        "At the edge of a band the lower fee is charged",
        "apps/fees/rules/choose_line.py",
        "if line.in_currency(line.amount_from, charged.currency) <= charged.money.amount:",
        "if line.in_currency(line.amount_from, charged.currency) < charged.money.amount:",
        ("tests/fees/test_choose_line.py",),
    ),
    Bug(
        "At the moment of a new price two versions hold",
        "apps/fees/selectors/fee_plans.py",
        "(held.ends_at is None or now < held.ends_at)",
        "(held.ends_at is None or now <= held.ends_at)",
        ("tests/fees/test_versions.py",),
    ),
    Bug(
        "Who names her number later pays the fee of that day, not the one that was promised",
        "apps/payments/services/plan_collect.py",
        "now=created_at,",
        "now=now,",
        (
            "tests/checkout/test_number_page.py::test_a_number_that_is_named_later_costs_what_its_payment_was_promised",
        ),
    ),
    Bug(
        "A part refund gives back more of the fee than its share",
        "apps/fees/rules/returned_fee.py",
        "return fee * refunded // collected",
        "return -(-fee * refunded // collected)",
        ("tests/refunds/test_fees_given_back.py::test_a_refund_gives_back_what_the_plan_says",),
    ),
    Bug(
        "The year of a statement is the server’s, not the merchant’s",
        f"{SETTLES}/close_period.py",
        "year = now.astimezone(ZoneInfo(cycle.merchant.timezone)).year",
        "year = now.year",
        (
            "tests/settlement/test_close_period.py::test_a_statement_is_of_the_year_that_its_merchant_writes",
        ),
    ),
    Bug(
        "A settlement pays what a payout holds already",
        f"{SETTLES}/close_period.py",
        "amount = min(balance, available.amount)",
        "amount = balance",
        ("tests/settlement/test_close_period.py::test_no_more_is_paid_than_there_still_is",),
    ),
    Bug(
        "Two that close one period at once close two",
        f"{SETTLES}/close_period.py",
        'SettlementCycle.objects.select_for_update(of=("self",))\n            .select_related',
        "SettlementCycle.objects\n            .select_related",
        ("tests/settlement/test_close_period.py::test_two_that_close_at_once_close_one_period",),
    ),
    Bug(
        "What is under way at a closing is on no statement",
        "apps/ledger/selectors/read_period.py",
        'HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"',
        'HORIZON = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"',
        (
            "tests/settlement/test_close_period.py::test_what_is_under_way_at_the_closing_is_on_the_next_statement_and_on_no_two",
        ),
    ),
    Bug(
        "A settlement is paid to who was the payee before",
        f"{SETTLES}/pay_settlement.py",
        "if terms is None or bytes(terms.payee_index) != bytes(settlement.payee_index):",
        "if terms is None:",
        (
            "tests/settlement/test_paying.py::test_another_payee_than_at_the_closing_waits_for_a_person",
        ),
    ),
    Bug(
        "A bank file pays who was the payee before",
        "apps/settlement/selectors/why_not_paid.py",
        "elif payees.get(one.merchant_id) != bytes(one.payee_index):",
        "elif one.merchant_id not in payees:",
        (
            "tests/settlement/test_refused.py::test_who_was_the_payee_at_the_closing_is_in_no_file_once_another_is",
        ),
    ),
    Bug(
        "Who read in the bank’s answer approves it",
        f"{SETTLES}/apply_bank_answer.py",
        "answer is None or answer.created_by == approved_by or payload",
        "answer is None or payload",
        ("tests/settlement/test_bank_answers.py",),
    ),
    Bug(
        "The bank’s “paid” is believed of another amount",
        "apps/settlement/rules/contradiction_of.py",
        "if word.amount is not None and (word.amount, word.currency) != (",
        "if word.amount is None and (word.amount, word.currency) != (",
        ("tests/settlement/test_bank_answers.py",),
    ),
    Bug(
        "What the bank paid after all stays in the balance, and is paid anew",
        f"{SETTLES}/decide_settlement.py",
        "taken = {TransferKind.SETTLE_HELD: money} if is_again else {}",
        "taken = {}",
        (
            "tests/settlement/test_bank_answers.py::test_what_the_bank_paid_after_all_leaves_the_balance_again_once_two_people_say_so",
        ),
    ),
    Bug(
        "A settlement holds its amount and its payout holds it again",
        f"{SETTLES}/pay_settlement.py",
        "return [*released, *create_payouts([planned], now=now), *moved.rows]",
        "return [*create_payouts([planned], now=now), *moved.rows]",
        ("tests/settlement/test_paying.py::test_its_payout_holds_what_it_held_and_ends_it",),
    ),
    Bug(
        "Whoever took over an account is paid at once",
        "apps/settlement/services/activate_terms.py",
        "if payee == bytes(last.payee_index) else now + COOLING",
        "if payee == bytes(last.payee_index) else now",
        ("tests/settlement/test_terms_change.py", "tests/settlement/test_close_period.py"),
    ),
    Bug(
        "After a restore transfers count as yet to come",
        "apps/ledger/services/retake_snapshots.py",
        "UPDATE ledger_transfer SET database_transaction = '0'\n",
        "UPDATE ledger_transfer SET database_transaction = database_transaction\n",
        ("tests/ledger/test_balance.py",),
    ),
    Bug(
        "What was paid after all is paid again by the next settlement, and nobody looks",
        "apps/settlement/services/follow_late_success.py",
        '        hold_waiting(settlement, reason=reason, actor="system", now=now)\n',
        "",
        (
            "tests/settlement/test_paying.py::test_a_payout_that_was_sent_after_all_ends_its_settlement_and_its_money_is_not_paid_anew",
        ),
    ),
    Bug(
        "Two people agree on terms, and another payee is paid by them",
        "apps/settlement/rules/terms_digest.py",
        "        bytes(terms.payee_index).hex(), terms.payee_masked,\n",
        "        terms.payee_masked,\n",
        ("tests/settlement/test_terms_change.py",),
    ),
    Bug(
        "An IBAN with one digit wrong is paid",
        "apps/settlement/rules/check_payee.py",
        "if not IBAN.fullmatch(payee.account) or not _adds_up(payee.account):",
        "if not IBAN.fullmatch(payee.account):",
        ("tests/settlement/test_check_payee.py",),
    ),
)
