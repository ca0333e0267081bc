from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg

GIVE_UP = "UPDATE realtime_sequencerlease SET until = clock_timestamp() WHERE holder = %s"


def give_up_lease(connection: psycopg.Connection[Any], *, holder: UUID) -> None:
    """Whoever asks next may lead. Does nothing where somebody else does."""
    connection.execute(GIVE_UP, [holder])
