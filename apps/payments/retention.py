"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("payments.Payment", "the books"),
    KeptForEver("payments.MetadataEntry", "finds a payment as long as there is one"),
    KeptForEver("payments.PaymentState", "finds a payment as long as there is one"),
)
