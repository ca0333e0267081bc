"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, KeptUntil, Rule

FORGET_UPLOADS = "payout_batches.forget_uploads"

RETENTION: tuple[Rule, ...] = (
    KeptForEver("payout_batches.PayoutBatch", "what was decided, and by whom"),
    KeptForEver("payout_batches.PayoutBatchLine", "what was decided, and by whom"),
    KeptForEver("payout_batches.PayoutBatchSum", "a few rows for each batch"),
    KeptForEver("payout_batches.NameCheck", "what was decided, and by whom"),
    KeptUntil("payout_batches.PayoutBatchPiece", "its list was read or refused"),
    KeptUntil(
        "payout_batches.BatchUpload",
        "three days after it began; of a batch, as long as Idempotency-Keys",
        FORGET_UPLOADS,
    ),
    KeptUntil("payout_batches.BatchUploadPiece", "its file is a batch", FORGET_UPLOADS),
)
