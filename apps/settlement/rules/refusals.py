"""What is refused of settlements and bank files, by stable codes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError


class SettlementNotFound(DomainError):
    code = "settlement_not_found"
    status = 404
    title = "There is no such settlement."
    staff_words = _("There is no such settlement.")


class SettlementMoved(DomainError):
    code = "settlement_moved"
    status = 409
    title = "The settlement is not there any more. Look at it again."
    staff_words = _("It is at another step by now. Look at it again.")


class SettlementTermsChanged(DomainError):
    code = "settlement_terms_changed"
    status = 409
    title = "These are not the terms that were shown. Look at them again."
    staff_words = _("These are not the terms that were shown. Look at them again.")


class MoneyOutHeld(DomainError):
    code = "money_out_held"
    status = 409
    title = "No money leaves now: the database was restored, and people look at what it forgot."
    staff_words = _(
        "No money leaves now: the database was restored, and people look at what it forgot."
    )


class BankFileMoved(DomainError):
    code = "bank_file_moved"
    status = 409
    title = "The file is not what was shown, or at another step by now."
    staff_words = _("The file is not what was shown, or at another step by now.")


class BankFileOutdated(DomainError):
    code = "bank_file_outdated"
    status = 409
    title = "The file pays somebody who is not to be paid by it any more."


class BankFileOfOthers(DomainError):
    code = "bank_file_of_others"
    status = 403
    title = "Only who made, approved or fetched the file may fetch it again."
    staff_words = _("Only who made, approved or fetched the file may fetch it again.")


class BankFileEmpty(DomainError):
    code = "bank_file_empty"
    status = 409
    title = "No settlement waits for a file."
    staff_words = _("No settlement waits for a file.")


class BankAccountUnknown(DomainError):
    code = "bank_account_unknown"
    status = 409
    title = "It is not set which of our accounts pays this currency."
    staff_words = _("It is not set which of our accounts pays this currency.")


class BankDoorUnknown(DomainError):
    code = "bank_door_unknown"
    status = 409
    title = "It is not set where the bank takes files of this currency."
    staff_words = _("It is not set where the bank takes files of this currency.")


class SettlementReasonMissing(DomainError):
    code = "settlement_reason_missing"
    title = "Say why, in 300 characters at most."
    staff_words = _("Say why, in 300 characters at most.")


class BankAnswerUnreadable(DomainError):
    code = "bank_answer_unreadable"
    status = 422
    title = "This is no pain.002 of a bank."
    staff_words = _("This is no pain.002 of a bank.")


class AccountStatementUnreadable(DomainError):
    code = "account_statement_unreadable"
    status = 422
    title = "This is no statement of our account that pays this currency, or it does not add up."
    staff_words = _(
        "This is no statement (camt) of our account that pays this currency, or it does not add up."
    )


class NotReturned(DomainError):
    code = "not_returned"
    status = 409
    title = "The bank does not say that it came back, or somebody has seen to it."
    staff_words = _("The bank does not say that it came back, or somebody has seen to it.")


class BankAnswerOfAnother(DomainError):
    code = "bank_answer_of_another"
    status = 422
    title = "The bank answers another file."
    staff_words = _("The bank answers another file.")


class BankAnswerMoved(DomainError):
    code = "bank_answer_moved"
    status = 409
    title = "The answer is not what was shown, or is booked by now."
    staff_words = _("The answer is not what was shown, or is booked by now.")


class StatementTooLong(DomainError):
    code = "statement_too_long"
    status = 422
    title = "This statement has too many lines for such a file: read them page by page."
    staff_words = _("This statement has too many lines for such a file.")
