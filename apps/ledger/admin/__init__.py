"""The books as finance sees them, and what two people put right. Django reads this package."""

from apps.ledger.admin import books, corrections

__all__ = ["books", "corrections"]
