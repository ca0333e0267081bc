"""What staff see and make of batches. Django reads this package; each page registers itself."""

from apps.payout_batches.admin import batches

__all__ = ["batches"]
