"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (KeptForEver("payouts.Payout", "the books"),)
