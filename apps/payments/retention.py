"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, KeptUntil, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("payments.Payment", "the books"),
    KeptForEver("payments.MetadataEntry", "finds a payment as long as there is one"),
    KeptForEver("payments.Attempt", "the books: what was asked of a provider, and its answer"),
    KeptForEver("payments.PaymentState", "finds a payment as long as there is one"),
    KeptUntil("payments.DueAttempt", "its attempt is over, by a trigger"),
    KeptForEver("payments.StatusChange", "the books: check_books recomputes them from it"),
)
