"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("merchants.Merchant", "whose the books are; they do not grow with payments"),
    KeptForEver("merchants.Member", "who may act for a merchant"),
    KeptForEver("merchants.DelegatedObject", "what an application made: as few as keys"),
    KeptForEver("merchants.ApiKey", "what a payment was made with; they do not grow with payments"),
)
