"""Disks, clocks and replicas."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import connection

from apps.core import database_clock
from apps.core.alerts import CRITICAL, Finding, Parameters

REPLICAS = """
SELECT application_name, extract(epoch FROM replay_lag), NULL::numeric
  FROM pg_stat_replication WHERE replay_lag IS NOT NULL
 UNION ALL
SELECT slot_name, NULL, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)
  FROM pg_replication_slots
 WHERE NOT active AND restart_lsn IS NOT NULL AND NOT pg_is_in_recovery()
"""


def disk_full(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """The disks of this host that we write to. wanted: percent, critical_percent."""
    for path in settings.ALERT_DISKS:
        usage = shutil.disk_usage(path)
        # As df counts: what is kept for root is not free.
        used = 100 * usage.used / (usage.used + usage.free)
        if used >= wanted["percent"]:
            yield Finding(
                key=f"{socket.gethostname()}:{path}",
                facts={"host": socket.gethostname(), "path": path, "percent": round(used, 1)},
                severity=CRITICAL if used >= wanted["critical_percent"] else "",
            )


def clock_skewed(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """This host's clock against the database's. wanted: seconds."""
    ahead_s = database_clock.skew_s()
    if abs(ahead_s) > wanted["seconds"]:
        host = socket.gethostname()
        yield Finding(key=host, facts={"host": host, "seconds": round(ahead_s, 1)})


def replication_behind(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Replicas that lag, and those that are gone while what they miss is kept for them.

    Needs no right, and with pg_monitor sees more. wanted: seconds, megabytes.
    """
    with connection.cursor() as cursor:
        cursor.execute(REPLICAS)
        rows = cursor.fetchall()
    for name, seconds, behind in rows:
        megabytes = round(float(behind or 0) / 1_048_576)
        if (seconds or 0) > wanted["seconds"] or megabytes > wanted["megabytes"]:
            facts = {"replica": name, "seconds": round(float(seconds or 0)), "megabytes": megabytes}
            yield Finding(key=name, facts=facts)
