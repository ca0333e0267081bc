"""What staff see and make of fee plans. Django reads this package; each page registers itself."""

from apps.fees.admin import plans

__all__ = ["plans"]
