"""Whether money could arrive there at all: a number, or an account of a bank."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import DomainError
from apps.settlement.models import PaidBy
from apps.settlement.rules.payee import Payee

PHONE = re.compile(r"\+[1-9][0-9]{7,14}")
# Source: ISO 9362.
BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
# What begins as an IBAN has to be one; a RIB of 23 or 24 digits does not.
IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
OTHER_ACCOUNT = re.compile(r"[A-Z0-9]{5,34}")


class SettlementPayeeInvalid(DomainError):
    code = "settlement_payee_invalid"
    status = 422
    title = "Nobody can be paid there."
    staff_words = gettext_lazy("Nobody can be paid there.")


def check_payee(payee: Payee, *, paid_by: str) -> None:
    """Raises SettlementPayeeInvalid. Source: ISO 13616 for the IBAN (remainder of 97 is 1)."""
    if paid_by == PaidBy.PAYOUT:
        if not PHONE.fullmatch(payee.phone):
            raise SettlementPayeeInvalid(_("Write the number as +237…"), field="phone")
        return
    if not payee.name.strip() or len(payee.name) > 70:
        raise SettlementPayeeInvalid(_("Whose account is it? 70 characters at most."), field="name")
    if not BIC.fullmatch(payee.bic):
        raise SettlementPayeeInvalid(_("A BIC has 8 or 11 characters."), field="bic")
    if re.match(r"[A-Z]{2}[0-9]{2}", payee.account):
        if not IBAN.fullmatch(payee.account) or not _adds_up(payee.account):
            raise SettlementPayeeInvalid(_("This is no IBAN: look at it again."), field="account")
    elif not OTHER_ACCOUNT.fullmatch(payee.account):
        raise SettlementPayeeInvalid(_("Letters and digits only."), field="account")


def is_iban(account: str) -> bool:
    return IBAN.fullmatch(account) is not None and _adds_up(account)


def _adds_up(iban: str) -> bool:
    return int("".join(str(int(one, 36)) for one in iban[4:] + iban[:4])) % 97 == 1
