"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, KeptUntil, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("orchestration.Attempt", "the books: what was asked of a provider, and its answer"),
    KeptUntil("orchestration.DueAttempt", "its attempt is over, by a trigger"),
    KeptForEver("orchestration.MoneyOutHold", "a row for each restore: who let money out again"),
    KeptForEver("orchestration.StatusChange", "the books: check_books recomputes them from it"),
)
