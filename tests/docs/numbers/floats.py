from __future__ import annotations

from datetime import timedelta

from apps.floats.services import read_float
from tests.docs.numbers.claim import KEPT, LEAST, Claim, every_s

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/monitoring.md": [
        ("is read again within {} minutes", read_float.EVERY / timedelta(minutes=1)),
    ],
    "docs/guides/operations.md": [
        ("| {} minutes | `floats.watch_accounts`", every_s("floats.watch_accounts") / 60),
        ("each is read every {} minutes", read_float.EVERY / timedelta(minutes=1)),
        (
            "| {} days | `RETENTION_FLOAT_READINGS_DAYS` | {} |",
            KEPT["float_readings"],
            LEAST["float_readings"],
        ),
    ],
}
