"""Orange's numbers of transactions."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from apps.providers.simulation.store import Store

TXNIDS_RESERVED = 1000
TXNIDS_A_MINUTE = 26 * 100_000


class Txnids:
    """MP, date, minute, a letter and five digits: unique, also after a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        # Reserved in blocks, so that none comes twice.
        self._next = self._end = int(store.get("txnid", "reserved") or 0)

    def at(self, moment: float) -> str:
        with self._lock:
            if self._next == self._end:
                self._end += TXNIDS_RESERVED
                self._store.put("txnid", "reserved", self._end)
            number = self._next % TXNIDS_A_MINUTE
            self._next += 1
        letter = chr(ord("A") + number // 100_000)
        return f"MP{datetime.fromtimestamp(moment, UTC):%y%m%d.%H%M}.{letter}{number % 100_000:05}"
