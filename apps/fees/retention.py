"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("fees.FeePlan", "what payments were charged by; few"),
    KeptForEver("fees.FeePlanVersion", "what payments were charged by; few"),
    KeptForEver("fees.FeeLine", "what payments were charged by; few"),
    KeptForEver("fees.MerchantFeePlan", "which plan a merchant had, and when; few"),
)
