"""What staff see and make of fee plans. Django reads this package; each page registers itself."""

from apps.fees.admin import contracts, plans

__all__ = ["contracts", "plans"]
