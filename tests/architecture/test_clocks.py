"""One clock for money: hosts' clocks may be minutes off, and what one writes another judges."""

import re
from pathlib import Path

# Where money is ordered, held, booked, decided about and compared.
OF_MONEY = (
    "approvals", "bank_doors", "checkout", "day_reports", "disputes", "fees", "floats", "ledger",
    "orchestration", "payments", "payout_batches", "payouts", "reconciliation", "refunds",
    "routing", "settlement", "statement_sources",
)  # fmt: skip
OWN_CLOCK = re.compile(r"\b(timezone|datetime|date)\.(now|utcnow|today)\(|\btime\.time\(")


def test_where_money_is_the_databases_clock_alone_is_read():
    read = [
        f"{path}: {line.strip()}"
        for app in OF_MONEY
        for path in Path("apps", app).rglob("*.py")
        if not {"tests", "migrations"} & set(path.parts)
        for line in path.read_text().splitlines()
        if OWN_CLOCK.search(line)
    ]

    assert read == []
