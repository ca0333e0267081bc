"""What staff see and make of disputes. Django reads this package; each page registers itself."""

from apps.disputes.admin import disputes

__all__ = ["disputes"]
