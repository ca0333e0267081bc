"""What staff see and make of refunds. Django reads this package; each page registers itself."""

from apps.refunds.admin import refunds

__all__ = ["refunds"]
