"""What staff see and make of disputes. Django reads this package; each page registers itself."""

from apps.disputes.admin import dispute_files, disputes

__all__ = ["dispute_files", "disputes"]
