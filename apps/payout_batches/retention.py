"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("payout_batches.PayoutBatch", "what was decided, and by whom"),
    KeptForEver("payout_batches.PayoutBatchLine", "what was decided, and by whom"),
)
