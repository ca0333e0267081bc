"""Action -> what is done once a second person approved it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.approvals.rules.actions import ApprovableAction
from apps.approvals.rules.facts import (
    AMOUNT,
    HOW,
    MAKER,
    PAYEE,
    RAIL,
    SUM_OF_MERCHANT,
    SUM_OF_PAYEE,
)
from apps.providers.rules.phone_numbers import OPERATOR_CODES, OPERATORS

# What superusers alone have: no role gives it.
EVERYTHING = "auth.everything"

APPROVABLE_ACTIONS: dict[str, ApprovableAction] = {
    # A provider collected what we had not closed as paid.
    "payment.book_late_success": ApprovableAction(
        title=_("Book as paid"),
        run="apps.reconciliation.services.accept_late_success.accept_late_success",
    ),
    # A provider sent what we had closed as not sent.
    "outgoing.book_as_sent": ApprovableAction(
        title=_("Book as sent"),
        run="apps.reconciliation.services.accept_as_sent.accept_as_sent",
    ),
    # Nobody will ever know, or it was paid wrongly: end it without money.
    "payment.close_unresolved": ApprovableAction(
        title=_("Close as not paid"),
        run="apps.reconciliation.services.reject_unresolved.reject_unresolved",
    ),
    # Who gets the money that is disputed.
    "dispute.decide": ApprovableAction(
        title=_("Decide the dispute: the payer gets this amount"),
        run="apps.disputes.services.decide_approved_dispute.decide_approved_dispute",
    ),
    # Whoever disputed it does so no longer.
    "dispute.withdraw": ApprovableAction(
        title=_("Close the dispute: it was withdrawn"),
        run="apps.disputes.services.withdraw_approved_dispute.withdraw_approved_dispute",
    ),
    # Money leaves, to many.
    "payout_batch.start": ApprovableAction(
        title=_("Send the batch of payouts"),
        run="apps.payout_batches.services.start_approved_batch.start_approved_batch",
        facts="apps.payout_batches.selectors.batch_facts.batch_facts",
        payees="apps.payout_batches.selectors.batch_payees.batch_payees",
        past="apps.payout_batches.selectors.past_batches.past_batches",
        past_model="payout_batches.PayoutBatch",
        # A few queries for each.
        past_most=1_000,
        # What its lines were by then.
        forgets=frozenset({PAYEE, SUM_OF_PAYEE}),
        sums="apps.payout_batches.selectors.reached_sums.reached_sums",
        tells=frozenset({AMOUNT, RAIL, HOW, PAYEE, SUM_OF_PAYEE, SUM_OF_MERCHANT}),
        lock="apps.payout_batches.selectors.lock_batch.lock_asked_batch",
        decide_by_key="apps.payout_batches.services.decide_by_key.decide_by_key",
    ),
    # Money leaves, by a merchant's key alone.
    "payout.send": ApprovableAction(
        title=_("Send the payout"),
        run="apps.payouts.services.send_approved_payout.send_approved_payout",
        tells=frozenset({AMOUNT, RAIL, HOW, PAYEE, SUM_OF_PAYEE, SUM_OF_MERCHANT}),
        past="apps.payout_batches.selectors.past_payouts.past_payouts",
        past_model="payouts.Payout",
        forgets=frozenset({MAKER}),
        waits_beside="apps.payout_batches.selectors.sum_waiting.sum_waiting",
        describe="apps.payouts.selectors.describe_payout.describe_payout",
        lock="apps.payouts.selectors.lock_payout.lock_asked_payout",
        decide_by_key="apps.payouts.services.decide_payout_by_key.decide_payout_by_key",
        turn_down="apps.payouts.services.turn_down_payout.turn_down_payout",
        is_always_asked=False,
    ),
    "refund.send": ApprovableAction(
        title=_("Send the refund that the merchant made"),
        run="apps.refunds.services.send_approved_refund.send_approved_refund",
        tells=frozenset({AMOUNT, RAIL, HOW, SUM_OF_MERCHANT}),
        past="apps.refunds.selectors.past_refunds.past_refunds",
        past_model="refunds.Refund",
        forgets=frozenset({MAKER}),
        describe="apps.refunds.selectors.describe_refund.describe_refund",
        lock="apps.refunds.selectors.lock_refund.lock_asked_refund",
        decide_by_key="apps.refunds.services.decide_refund_by_key.decide_refund_by_key",
        turn_down="apps.refunds.services.turn_down_refund.turn_down_refund",
        is_always_asked=False,
    ),
    # Whom a merchant's money goes to, and when.
    "settlement.terms": ApprovableAction(
        title=_("New terms of settlement"),
        run="apps.settlement.services.activate_terms.activate_terms",
        describe="apps.settlement.selectors.describe_terms.describe_terms",
    ),
    # Who is sent day reports, and where.
    "day_reports.subscription": ApprovableAction(
        title=_("Who is sent day reports"),
        run="apps.day_reports.services.activate_subscription.activate_subscription",
        describe="apps.day_reports.selectors.describe_subscription.describe_subscription",
    ),
    # Where money is collected and sent from, and by which keys.
    "provider_account.open": ApprovableAction(
        title=_("Open a provider account"),
        run="apps.providers.services.open_account.open_account",
        describe="apps.providers.selectors.describe_account.describe_account",
        turn_down="apps.providers.services.erase_staged.erase_staged",
    ),
    "provider_account.credentials": ApprovableAction(
        title=_("New credentials of a provider account"),
        run="apps.providers.services.replace_credentials.replace_credentials",
        describe="apps.providers.selectors.describe_credentials.describe_credentials",
        turn_down="apps.providers.services.erase_staged.erase_staged",
    ),
    # When what is paid is a merchant's to ask for.
    "settlement_delay.change": ApprovableAction(
        title=_("Change the settlement delay"),
        run="apps.settlement.services.change_delay.change_delay",
        describe="apps.settlement.selectors.describe_delay.describe_delay",
    ),
    # What of its payments a merchant gets later.
    "merchant_reserve.change": ApprovableAction(
        title=_("Change the reserve"),
        run="apps.settlement.services.change_reserve.change_reserve",
        describe="apps.settlement.selectors.describe_reserve.describe_reserve",
    ),
    # Money leaves by our bank.
    "settlement.bank_file": ApprovableAction(
        title=_("Pay merchants by this bank file"),
        run="apps.settlement.services.approve_bank_file.approve_bank_file",
        facts="apps.settlement.selectors.bank_file_facts.bank_file_facts",
        tells=frozenset({AMOUNT, HOW}),
        describe="apps.settlement.selectors.describe_bank_file.describe_bank_file",
    ),
    # Nobody gave it to the bank: what it pays is paid by another.
    "settlement.annul_file": ApprovableAction(
        title=_("Annul a bank file that the bank never had"),
        run="apps.settlement.services.annul_bank_file.annul_bank_file",
        facts="apps.settlement.selectors.bank_file_facts.bank_file_facts",
        tells=frozenset({AMOUNT, HOW}),
        describe="apps.settlement.selectors.describe_bank_file.describe_bank_file",
    ),
    # What the bank says of a file: booked as paid, or back in the merchants' balances.
    "settlement.bank_answer": ApprovableAction(
        title=_("Book what the bank says of a file"),
        run="apps.settlement.services.apply_bank_answer.apply_bank_answer",
        facts="apps.settlement.selectors.bank_answer_facts.bank_answer_facts",
        tells=frozenset({AMOUNT, HOW}),
        describe="apps.settlement.selectors.describe_bank_answer.describe_bank_answer",
    ),
    # Booked as paid, or back in the merchant's balance: what the bank's account says.
    "settlement.confirm": ApprovableAction(
        title=_("What the bank did of a transfer"),
        run="apps.settlement.services.confirm_approved_transfer.confirm_approved_transfer",
        describe="apps.settlement.selectors.describe_transfer.describe_transfer",
    ),
    # Money goes back, at the wish of a merchant that asked staff.
    "refund.create": ApprovableAction(
        title=_("Refund the payment"),
        run="apps.refunds.services.refund_approved.refund_approved",
        facts="apps.refunds.selectors.refund_facts.refund_facts",
        tells=frozenset({AMOUNT, RAIL, HOW}),
        is_always_asked=False,
    ),
    # What opens a merchant's money to its programs.
    "api_key.make": ApprovableAction(
        title=_("Make a live API key"),
        run="apps.access.services.make_live_key.make_live_key",
        describe="apps.access.selectors.describe_key.describe_new_key",
        asked_with=EVERYTHING,
    ),
    "api_key.money_out": ApprovableAction(
        title=_("Let a live key refund and pay out"),
        run="apps.access.services.widen_live_key.widen_live_key",
        describe="apps.access.selectors.describe_key.describe_widening",
        asked_with="merchants.change_apikey",
    ),
    "api_key.approval": ApprovableAction(
        title=_("Let a live key approve payouts"),
        run="apps.access.services.widen_live_key.widen_live_key",
        describe="apps.access.selectors.describe_key.describe_widening",
        asked_with="merchants.change_apikey",
    ),
    # Who acts for a merchant.
    "member.give": ApprovableAction(
        title=_("Let a person act for a merchant"),
        run="apps.access.services.give_membership.give_membership",
        describe="apps.access.selectors.describe_rights.describe_membership",
        asked_with=EVERYTHING,
    ),
    # Who is one of those who decide here.
    "user.rights": ApprovableAction(
        title=_("Change the rights of a person"),
        run="apps.access.services.give_rights.give_rights",
        describe="apps.access.selectors.describe_rights.describe_rights",
        asked_with=EVERYTHING,
    ),
    "user.reset_second_factors": ApprovableAction(
        title=_("Remove all second factors of a person"),
        run="apps.access.services.reset_second_factors.reset_second_factors",
        describe="apps.access.selectors.describe_rights.describe_person",
        asked_with=EVERYTHING,
    ),
    "user.take_password": ApprovableAction(
        title=_("Take a person’s password, so that a new one is set"),
        run="apps.access.services.take_password.take_password",
        describe="apps.access.selectors.describe_rights.describe_person",
        asked_with=EVERYTHING,
    ),
    "role.permissions": ApprovableAction(
        title=_("Change what a role allows"),
        run="apps.access.services.widen_role.widen_role",
        describe="apps.access.selectors.describe_rights.describe_role",
        asked_with=EVERYTHING,
    ),
    "role.bounds": ApprovableAction(
        title=_("Change what a role shows"),
        run="apps.reporting.services.bound_role.bound_role",
        describe="apps.reporting.selectors.describe_bounds.describe_bounds",
        asked_with=EVERYTHING,
    ),
    # Whom all the others need.
    "approval_rule.change": ApprovableAction(
        title=_("Change an approval rule"),
        run="apps.approvals.services.save_rule.save_rule",
    ),
    # What merchants pay from then on.
    "fee_plan.activate": ApprovableAction(
        title=_("New version of a fee plan"),
        run="apps.fees.services.activate_approved_version.activate_approved_version",
        describe="apps.fees.selectors.describe_version.describe_version",
    ),
    "fee_plan.take_back": ApprovableAction(
        title=_("Take back a planned version of a fee plan"),
        run="apps.fees.services.take_back_version.take_back_version",
        describe="apps.fees.selectors.describe_taken_back.describe_taken_back",
    ),
    "fee_plan.give": ApprovableAction(
        title=_("Give a merchant this fee plan"),
        run="apps.fees.services.give_approved_plan.give_approved_plan",
        describe="apps.fees.selectors.describe_given_plan.describe_given_plan",
    ),
    "fee_plan.take_back_given": ApprovableAction(
        title=_("Take back a fee plan that a merchant was given"),
        run="apps.fees.services.take_back_given_plan.take_back_given_plan",
        describe="apps.fees.selectors.describe_given_taken_back.describe_given_taken_back",
    ),
    # How the lines of an account's reports find what they stand for.
    "matching_plan.change": ApprovableAction(
        title=_("Match an account’s reports otherwise"),
        run="apps.reconciliation.services.activate_approved_plan.activate_approved_plan",
        describe="apps.reconciliation.selectors.describe_plan.describe_plan",
    ),
    # Which lines of two accounts of ours are one transfer.
    "own_transfer_rule.add": ApprovableAction(
        title=_("New rule for own transfers"),
        run="apps.reconciliation.services.activate_approved_rule.activate_approved_rule",
        describe="apps.reconciliation.selectors.describe_own_rule.describe_own_rule",
    ),
    "own_transfer_rule.end": ApprovableAction(
        title=_("End a rule for own transfers"),
        run="apps.reconciliation.services.end_approved_rule.end_approved_rule",
        describe="apps.reconciliation.selectors.describe_own_rule.describe_ended_rule",
    ),
    # What each franc of a statement is taken for.
    "statement_profile.activate": ApprovableAction(
        title=_("New version of a statement profile"),
        run="apps.statement_formats.services.activate_approved_version.activate_approved_version",
        describe="apps.statement_formats.selectors.describe_profile_version.describe_profile_version",
    ),
    # Whose server is believed, with which keys, and who may drop in.
    "statement_source.connection": ApprovableAction(
        title=_("How a source of statements is reached"),
        run="apps.statement_sources.services.activate_connection.activate_connection",
        describe="apps.statement_sources.selectors.describe_connection.describe_connection",
    ),
    # A line of a report stands for attempts that it does not name.
    "discrepancy.match": ApprovableAction(
        title=_("Match by hand"),
        run="apps.reconciliation.services.match_by_hand.match_by_hand",
        facts="apps.reconciliation.selectors.discrepancy_facts.match_facts",
        tells=frozenset({AMOUNT, RAIL, HOW}),
        describe="apps.reconciliation.selectors.describe_decision.describe_match",
    ),
    # Money that is given up, or that nobody claims.
    "discrepancy.write_off": ApprovableAction(
        title=_("Write off"),
        run="apps.reconciliation.services.write_off.write_off",
        facts="apps.reconciliation.selectors.discrepancy_facts.write_off_facts",
        tells=frozenset({AMOUNT, HOW}),
        describe="apps.reconciliation.selectors.describe_decision.describe_write_off",
    ),
    # A transfer of our bank's was booked as paid, and its money came back.
    "settlement.returned": ApprovableAction(
        title=_("The money came back"),
        run="apps.settlement.services.book_returned_transfer.book_returned_transfer",
        facts="apps.ledger.selectors.describe_correction.correction_facts",
        tells=frozenset({AMOUNT, HOW}),
        describe="apps.settlement.selectors.describe_transfer.describe_returned",
    ),
    # The books: what was booked wrongly is taken back, what they missed is booked.
    "ledger.reverse": ApprovableAction(
        title=_("Take a transfer back"),
        run="apps.reconciliation.services.take_back_transfer.take_back_transfer",
        facts="apps.ledger.selectors.describe_correction.correction_facts",
        tells=frozenset({AMOUNT, HOW}),
        describe="apps.ledger.selectors.describe_correction.describe_reversal",
    ),
    "ledger.adjust": ApprovableAction(
        title=_("Book what is missing"),
        run="apps.ledger.services.adjust_accounts.adjust_accounts",
        facts="apps.ledger.selectors.describe_correction.correction_facts",
        tells=frozenset({AMOUNT, HOW}),
        describe="apps.ledger.selectors.describe_correction.describe_adjustment",
    ),
    # A discrepancy's money, where it is somebody's.
    "discrepancy.correct": ApprovableAction(
        title=_("Correct the ledger"),
        run="apps.reconciliation.services.correct_ledger.correct_ledger",
        facts="apps.ledger.selectors.describe_correction.correction_facts",
        tells=frozenset({AMOUNT, HOW}),
        describe="apps.reconciliation.selectors.describe_decision.describe_correction",
    ),
    # A report of another day or account: it counts no more.
    "statement.withdraw": ApprovableAction(
        title=_("Withdraw the statement"),
        run="apps.reconciliation.services.withdraw_approved_statement.withdraw_approved_statement",
        # It reads who approved it.
        is_rehearsed=False,
    ),
    # No report of it comes or goes; and again it does.
    "month.close": ApprovableAction(
        title=_("Close a month"),
        run="apps.reconciliation.services.close_month.close_month",
        describe="apps.reconciliation.selectors.describe_month.describe_closing",
    ),
    "month.reopen": ApprovableAction(
        title=_("Open a month again"),
        run="apps.reconciliation.services.reopen_month.reopen_month",
        describe="apps.reconciliation.selectors.describe_month.describe_reopening",
    ),
}

# What a rule may ask about as a rail.
RAILS = frozenset({*OPERATOR_CODES, *OPERATORS.values()})
