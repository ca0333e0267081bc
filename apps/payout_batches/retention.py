"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, KeptUntil, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("payout_batches.PayoutBatch", "what was decided, and by whom"),
    KeptForEver("payout_batches.PayoutBatchLine", "what was decided, and by whom"),
    KeptForEver("payout_batches.NameCheck", "what was decided, and by whom"),
    KeptUntil("payout_batches.PayoutBatchPiece", "its list was read or refused"),
)
