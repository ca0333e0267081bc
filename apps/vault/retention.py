"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("vault.KeyCanary", "one for each key; `forget_key` takes it away with its key"),
)
