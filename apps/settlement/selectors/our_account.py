from __future__ import annotations

from dataclasses import replace

from django.conf import settings

from apps.settlement.rules.payee import Payee
from apps.settlement.rules.refusals import BankAccountUnknown

# A file of test mode looks as a real one does, and its payees are: no bank pays it.
NOBODY = {"name": "TEST", "account": "TEST0000"}


def our_account(*, livemode: bool, currency: str) -> Payee:
    """The account of ours that pays this currency. Raises BankAccountUnknown:
    settings.SETTLEMENT_ACCOUNTS has none."""
    ours = settings.SETTLEMENT_ACCOUNTS.get(currency)
    if ours is None:
        raise BankAccountUnknown(currency)
    return Payee(**ours) if livemode else replace(Payee(**ours), **NOBODY)
