from __future__ import annotations


class DayDoesNotAdd(Exception):
    """The movements of a day are not what the ledger's balance says: nothing is said of it. It is
    tried again a few times, and then waits for a person (due_work.FAILURES_MAX)."""
