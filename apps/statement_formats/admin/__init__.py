"""What staff see and make of statement profiles. Django reads this package; its pages register
themselves."""

from apps.statement_formats.admin import profiles

__all__ = ["profiles"]
