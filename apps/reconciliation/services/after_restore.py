from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db import connection, transaction

from apps.audit.chain import Anchor
from apps.audit.services.anchor_head import anchor_head
from apps.audit.services.chain_entries import chain_entries
from apps.audit.services.resume_chain import resume_chain
from apps.core.errors import DomainError
from apps.ledger.services.retake_snapshots import retake_snapshots
from apps.orchestration.services.ask_open_attempts import ask_open_attempts
from apps.orchestration.services.hold_money_out import hold_money_out
from apps.sign_in.services.end_sessions import end_sessions

# More numbers than were given since any backup.
NUMBERS_LEFT_OUT = 100_000

# All of this process have one name: settings.DATABASES.
OTHERS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend'
   AND application_name <> current_setting('application_name')
"""
NUMBERS_ON = """
SELECT count(setval(format('%%I.%%I', schemaname, sequencename)::regclass,
                    LEAST(COALESCE(last_value, start_value) + %s, max_value)))
  FROM pg_sequences WHERE schemaname = current_schema()
"""
# A dump, unlike a copy of the cluster, is restored into a server with numbers of its own.
IS_OF_ANOTHER_SERVER = """
SELECT EXISTS (SELECT FROM ledger_transfer
                WHERE database_transaction >= pg_snapshot_xmax(pg_current_snapshot()))
    OR EXISTS (SELECT FROM ledger_snapshot
                WHERE horizon > pg_snapshot_xmin(pg_current_snapshot()))
"""


class PlatformStillRuns(DomainError):
    code = "platform_still_runs"
    status = 409
    title = "Something else works with this database."


@dataclass(frozen=True, slots=True)
class Restored:
    """What was found, and is made safe now. `head`: of the audit chain, to be kept elsewhere."""

    asked: int
    numbers: int
    snapshots: int
    sessions: int
    head: Anchor | None


def after_restore(
    *, actor: str, reason: str, places: Sequence[str], now: datetime, alone: bool = True
) -> Restored:
    """Make a platform safe whose database has forgotten what it did last, before it works again.

    Money out is held until people release it; whatever is ordered or waits is asked about before it
    is sent, and what was sent is asked about now; numbers that may have been told are not given
    again; the audit chain goes on past what may have been anchored; everybody signs in anew.

    Safe to repeat, also after it broke off half way.

    Args:
        places: where heads of the audit chain are kept: settings.AUDIT_ANCHORS.
        alone: refuse while anything else is connected; False for tests.

    Raises:
        PlatformStillRuns: what works with the database must be stopped first.
    """
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        others = cursor.fetchone()[0]
    if alone and others:
        raise PlatformStillRuns(
            f"{others} other connections: stop web, realtime, workers and beat, then run it again."
        )
    # First of all: what is written on the trail from here on has positions of its own.
    resume_chain(actor=actor, detail={"reason": reason}, now=now)
    hold_money_out(actor=actor, reason=reason, now=now)
    asked = ask_open_attempts(now=now)
    numbers = _leave_numbers_out()
    snapshots = retake_snapshots(actor=actor, now=now) if _is_of_another_server() else 0
    sessions = end_sessions(sessions=list(UserSession.objects.all()), actor=actor, now=now)
    while chain_entries():
        pass
    head = anchor_head(places=places, now=now)
    return Restored(asked, numbers, snapshots, sessions, head)


@transaction.atomic
def _leave_numbers_out() -> int:
    with connection.cursor() as cursor:
        cursor.execute(NUMBERS_ON, [NUMBERS_LEFT_OUT])
        return int(cursor.fetchone()[0])


def _is_of_another_server() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(IS_OF_ANOTHER_SERVER)
        return bool(cursor.fetchone()[0])
