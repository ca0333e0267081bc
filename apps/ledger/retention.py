"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, KeptUntil, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("ledger.Account", "the books; they do not grow with payments"),
    KeptForEver("ledger.Transfer", "the books"),
    KeptForEver("ledger.Release", "the books: what became available, and when"),
    KeptForEver("ledger.Correction", "the books: what two people put right, and why"),
    KeptForEver("ledger.PendingAmount", "the books: what each release is made of"),
    KeptForEver("ledger.ReserveRelease", "the books: what became available, and when"),
    KeptForEver("ledger.ReservedAmount", "the books: what each release is made of"),
    KeptUntil(
        "ledger.BalanceSnapshot",
        "another of its hour, after two days of its day, is taken",
        "ledger.take_snapshots",
    ),
    KeptForEver("ledger.Balance", "a view, without rows of its own"),
)
