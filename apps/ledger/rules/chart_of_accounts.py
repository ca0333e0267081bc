"""Our accounts by the numbers of an accountant's chart.

Source: the chart of accounts of SYSCOHADA (OHADA, Acte uniforme relatif au droit comptable et à
l'information financière, 2017), accounts 4432, 4712, 521, 552, 658 and 706. An operator whose
accountant has other numbers sets JOURNAL_ACCOUNTS.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.ledger.models import AccountKind

# The first digit of an account of the books.
CLASSES = "12345678"
# What merchants have with us is one account of third parties, whatever it waits for.
NUMBERS: Mapping[AccountKind, str] = {
    AccountKind.PROVIDER_CLEARING: "552",
    AccountKind.MERCHANT_PAYABLE: "4712",
    AccountKind.MERCHANT_HELD: "4712",
    AccountKind.MERCHANT_PENDING: "4712",
    AccountKind.MERCHANT_RESERVE: "4712",
    AccountKind.FEE_REVENUE: "706",
    AccountKind.TAX_PAYABLE: "4432",
    AccountKind.BANK: "521",
    AccountKind.WRITE_OFF: "658",
}


def number_of(kind: AccountKind) -> str:
    return chart_of_accounts()[kind]


@cache
def chart_of_accounts() -> Mapping[AccountKind, str]:
    """Each kind with the operator's number for it.

    Raises ImproperlyConfigured for a setting that names no kind of ours, or no account.
    """
    chart = dict(NUMBERS)
    for kind, number in settings.JOURNAL_ACCOUNTS.items():
        is_number = number.isascii() and number.isdigit() and number[0] in CLASSES
        if kind not in chart or not is_number:
            raise ImproperlyConfigured(f"JOURNAL_ACCOUNTS: {kind}={number}")
        chart[AccountKind(kind)] = number
    return chart
