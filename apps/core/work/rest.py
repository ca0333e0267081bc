"""Rest between two works with the database, so that what arrives meanwhile shares one statement.

After each work there is as much rest as it took: the busier the database, the larger the batches,
and at most half of the time is the database's. Who was idle for as long begins at once.
"""

from __future__ import annotations

import time

REST_S_MAX = 0.03


class Rest:
    def __init__(self) -> None:
        self._over_at = 0.0

    def owe(self, since: float) -> None:
        """There was work since this instant of `time.monotonic`."""
        now = time.monotonic()
        over_at = max(self._over_at, since) + 2 * (now - since)
        self._over_at = min(over_at, now + REST_S_MAX)

    def take(self) -> None:
        """Wait until the rest is over."""
        time.sleep(max(0.0, self._over_at - time.monotonic()))
