from __future__ import annotations

from apps.ledger.models import AccountKind
from apps.ledger.rules.chart_of_accounts import NUMBERS
from tests.docs.numbers.claim import Claim, Shown, every_s

THINNED = (
    "tests/ledger/test_balance.py"
    "::test_snapshots_are_thinned_to_one_an_hour_and_after_two_days_to_one_a_day"
)

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/operations.md": [
        ("| {} minutes | `ledger.take_snapshots`", every_s("ledger.take_snapshots") / 60),
        (
            "one an hour, after {} days to one a day",
            Shown(2, THINNED),
        ),
        (
            "one an hour, after {} days one a day | | |",
            Shown(2, THINNED),
        ),
        ("| {} | what the providers hold for us", int(NUMBERS[AccountKind.PROVIDER_CLEARING])),
        ("| {} | what we owe merchants", int(NUMBERS[AccountKind.MERCHANT_PAYABLE])),
        ("| {} | our fees", int(NUMBERS[AccountKind.FEE_REVENUE])),
        ("| {} | tax on them", int(NUMBERS[AccountKind.TAX_PAYABLE])),
        ("| {} | our bank", int(NUMBERS[AccountKind.BANK])),
        ("| {} | what was written off", int(NUMBERS[AccountKind.WRITE_OFF])),
    ],
}
