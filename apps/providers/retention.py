"""How long this app's rows are kept."""

from apps.core.retention import KeptForDays, KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("providers.ProviderAccount", "our contracts: a handful"),
    # Gone with the decision; of a request that nobody decided in its 24 hours, after these days.
    KeptForDays(
        "providers.StagedCredentials",
        "staged_credentials",
        2,
        "a second person may approve them for 24 hours",
    ),
    KeptForEver("providers.NumberPlanRule", "national plans: hundreds"),
    # With the encrypted body. What came of it is in the history.
    KeptForDays("providers.Callback", "callbacks", 30, "evidence while a payment can be disputed"),
)
