"""The desk of finance: terms, cycles, settlements, bank files. Django reads this package."""

from apps.settlement.admin import bank_files, cycles, settlements, terms

__all__ = ["bank_files", "cycles", "settlements", "terms"]
