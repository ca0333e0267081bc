"""The desk of finance: terms, cycles, settlements, bank files and the answers to them. Django reads
this package."""

from apps.settlement.admin import bank_answers, bank_files, cycles, settlements, terms

__all__ = ["bank_answers", "bank_files", "cycles", "settlements", "terms"]
