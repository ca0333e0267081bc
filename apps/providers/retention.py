"""How long this app's rows are kept."""

from apps.core.retention import KeptForDays, KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("providers.ProviderAccount", "our contracts: a handful"),
    KeptForEver("providers.NumberPlanRule", "national plans: hundreds"),
    # With the encrypted body. What came of it is in the history.
    KeptForDays("providers.Callback", "callbacks", 30, "evidence while a payment can be disputed"),
)
