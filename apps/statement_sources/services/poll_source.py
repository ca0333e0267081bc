from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from apps.core import database_clock
from apps.core.failpoints import failpoint
from apps.core.public_ids import new_id
from apps.core.work.counted_failures import FAILURE_LENGTH_MAX
from apps.statement_sources.due_work import Lease, LeaseLost
from apps.statement_sources.models import (
    AfterFetch,
    Completeness,
    FileStatus,
    ReceivedFile,
    SourceConnection,
    StatementSource,
    Way,
)
from apps.statement_sources.rules.name_pattern import day_in_name, fits, is_partial
from apps.statement_sources.rules.problems import NEED_A_PERSON, NEVER_FINISHED, TOO_LARGE, VANISHED
from apps.statement_sources.rules.schedule import expected_days, next_poll, yesterday
from apps.statement_sources.selectors.connection_in_force import connection_in_force
from apps.statement_sources.selectors.is_here import is_here
from apps.statement_sources.services.ask_for_days import ask_for_days
from apps.statement_sources.services.fetch_file import fetch_file
from apps.statement_sources.services.open_folder import open_folder
from apps.statement_sources.transports.folder import (
    Entry,
    Folder,
    FolderTrouble,
    FolderUnreachable,
)

# In one look. What is left is fetched at once by the next.
FETCHES_MAX = 200
# A line that breaks while a file is fetched is opened again, as long as it brought something.
LINES_MAX = 5
# Seen for so long and not complete: a person's.
ARRIVING_MAX = timedelta(days=1)
NAMES_AT_ONCE = 1000

SETTLED = (FileStatus.QUARANTINED, FileStatus.DISCARDED)

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Looked:
    """What a look found."""

    fetched: int = 0
    arriving: int = 0
    unmatched: int = 0
    unmatched_name: str = ""
    # Of this look there is more to fetch.
    has_more: bool = False


def poll_source(*, source_id: UUID, leased_until: datetime) -> Looked | None:
    """Look at a source once: fetch what is complete and not here yet, and say when to look again.

    Safe to repeat and to be killed in. One file that is odd, too large or never complete keeps none
    of the others. None: somebody else was there, it is off, or it could not be reached; then it is
    tried again, less and less often, and what will not mend by itself waits for a person
    (`failing_since` is watched).

    Args:
        leased_until: what the claim set `due_at` to: another value says that the source was
            changed, or that somebody else is at it.
    """
    source = (
        StatementSource.objects.select_related("provider_account")
        .filter(pk=source_id, due_at=leased_until, is_enabled=True)
        .first()
    )
    if source is None:
        return None
    lease = Lease(source_id, leased_until)
    connection = connection_in_force(source_id)
    try:
        if connection is None and source.way != Way.API:
            lease.write(due_at=None)
            return None
        try:
            if connection is None:
                looked = _ask(source, lease)
            else:
                looked = _look(source, connection, lease)
        except FolderTrouble as trouble:
            _failed(source, trouble, lease)
            return None
        _done(source, looked, lease)
    except LeaseLost:
        logger.info("a source has changed hands", extra={"source": source.public_id})
        return None
    return looked


def _ask(source: StatementSource, lease: Lease) -> Looked:
    fetched, has_more = ask_for_days(source=source, lease=lease)
    return Looked(fetched=fetched, has_more=has_more)


def _look(source: StatementSource, connection: SourceConnection, lease: Lease) -> Looked:
    looked = Looked()
    for line in range(LINES_MAX):
        before = _brought(source)
        lease.prolong()
        try:
            with open_folder(source, connection) as folder:
                return _look_through(source, folder, lease, looked)
        except FolderUnreachable:
            if line + 1 == LINES_MAX or _brought(source) == before:
                raise
            looked = Looked(fetched=looked.fetched)
    raise AssertionError("unreachable")


def _brought(source: StatementSource) -> tuple[object, ...]:
    """Changes with every piece that came."""
    under_way = ReceivedFile.objects.filter(source=source, status=FileStatus.FETCHING)
    complete = ReceivedFile.objects.filter(source=source, sha256__isnull=False)
    return (*under_way.order_by("name").values_list("name", "pieces"), complete.count())


def _look_through(source: StatementSource, folder: Folder, lease: Lease, looked: Looked) -> Looked:
    entries = {entry.name: entry for entry in folder.entries()}
    for entry in sorted(_candidates(source, entries, looked), key=lambda one: one.name):
        if looked.fetched >= FETCHES_MAX:
            looked.has_more = True
            break
        _look_at(source, folder, entry, entries, lease, looked)
    _give_up_vanished(source, entries, now=lease.prolong())
    return looked


def _candidates(
    source: StatementSource, entries: dict[str, Entry], looked: Looked
) -> Iterable[Entry]:
    """Of the files there, those that are reports and not here as they are: few, in a folder of
    thousands that are left there."""
    marker = source.marker_suffix
    wanted = []
    for entry in entries.values():
        name = entry.name
        if is_partial(name) or (marker and name.endswith(marker)):
            continue
        if not fits(source.name_pattern, name):
            looked.unmatched += 1
            looked.unmatched_name = name[:120]
            continue
        day = day_in_name(source.name_pattern, name, offset=source.day_offset)
        if day is None or day >= source.first_day:
            wanted.append(entry)
    is_left = source.way == Way.SFTP_PULL and source.after_fetch == AfterFetch.LEAVE
    if not is_left:
        return wanted
    here = set[tuple[str, str]]()
    for begin in range(0, len(wanted), NAMES_AT_ONCE):
        names = [entry.name for entry in wanted[begin : begin + NAMES_AT_ONCE]]
        here |= set(
            ReceivedFile.objects.filter(source=source, name__in=names, sha256__isnull=False)
            .order_by()
            .values_list("name", "stamp")
        )
    return [entry for entry in wanted if (entry.name, entry.stamp) not in here]


def _look_at(
    source: StatementSource,
    folder: Folder,
    entry: Entry,
    entries: dict[str, Entry],
    lease: Lease,
    looked: Looked,
) -> None:
    of_this_name = ReceivedFile.objects.filter(source=source, name=entry.name)
    if not of_this_name.filter(sha256__isnull=False, stamp=entry.stamp).exists():
        now = lease.prolong()
        file = _seen(source, entry, now=now)
        if file.status in SETTLED:
            return
        if entry.size > source.size_max:
            _quarantine(file, TOO_LARGE, now=now)
            return
        if not _is_complete(source, file, entries):
            looked.arriving += 1
            if now - file.seen_at > ARRIVING_MAX:
                _quarantine(file, NEVER_FINISHED, now=now)
            return
        fetched = fetch_file(source=source, file=file, folder=folder, entry=entry, lease=lease)
        looked.fetched += 1
        failpoint("sources.fetch.after_commit")
        if fetched is not None and fetched.sha256 is None:
            # It was written to meanwhile.
            looked.arriving += 1
            return
    if source.way == Way.DROP_IN or source.after_fetch == AfterFetch.ARCHIVE:
        lease.prolong()
        marker = entries.get(entry.name + source.marker_suffix)
        for each in (entry, marker if source.marker_suffix else None):
            if each is not None:
                folder.put_away(each, suffix=new_id().hex[-12:])


def _give_up_vanished(source: StatementSource, entries: dict[str, Entry], *, now: datetime) -> None:
    """What was on its way for a day and is not there any more is a person's too."""
    for file in ReceivedFile.objects.filter(
        source=source,
        status__in=(FileStatus.ARRIVING, FileStatus.FETCHING),
        seen_at__lt=now - ARRIVING_MAX,
    ):
        if file.name not in entries:
            _quarantine(file, VANISHED, now=now)


def _seen(source: StatementSource, entry: Entry, *, now: datetime) -> ReceivedFile:
    """The row of a file on its way, with one more look at it. Written to, it begins anew."""
    file = ReceivedFile.objects.filter(source=source, name=entry.name, sha256__isnull=True).first()
    if file is None:
        return ReceivedFile.objects.create(
            source=source,
            name=entry.name,
            size=entry.size,
            stamp=entry.stamp,
            status=FileStatus.ARRIVING,
            looks=1,
            seen_at=now,
        )
    if file.stamp == entry.stamp:
        file.looks += 1
    else:
        if file.status in SETTLED:
            file.seen_at = now
        # What is here of the one before it, fetch_file forgets.
        file.status = FileStatus.ARRIVING
        file.problem, file.waiting_since, file.looks = "", None, 1
        file.size, file.stamp = entry.size, entry.stamp
    file.save(
        update_fields=["looks", "seen_at", "status", "problem", "waiting_since", "size", "stamp"]
    )
    return file


def _is_complete(source: StatementSource, file: ReceivedFile, entries: dict[str, Entry]) -> bool:
    if source.completeness == Completeness.NAMED:
        return True
    if source.completeness == Completeness.MARKER:
        return file.name + source.marker_suffix in entries
    return file.looks > 1


def _quarantine(file: ReceivedFile, problem: str, *, now: datetime) -> None:
    file.status, file.problem, file.waiting_since = FileStatus.QUARANTINED, problem, now
    file.save(update_fields=["status", "problem", "waiting_since"])


def _done(source: StatementSource, looked: Looked, lease: Lease) -> None:
    now = lease.prolong()
    due_at = now if looked.has_more else _next(source, now, is_arriving=looked.arriving > 0)
    lease.write(
        due_at=due_at,
        polled_at=now,
        unmatched=looked.unmatched,
        unmatched_name=looked.unmatched_name,
        failures=0,
        failing_since=None,
        failure="",
    )


def _failed(source: StatementSource, trouble: FolderTrouble, lease: Lease) -> None:
    logger.warning(
        "a source cannot be looked at", extra={"source": source.public_id, "why": trouble.code}
    )
    now = database_clock.now()
    failures = source.failures + 1
    needs_person = trouble.code in NEED_A_PERSON
    lease.write(
        due_at=None if needs_person else _next(source, now, failures=failures),
        polled_at=now,
        failures=min(failures, 30_000),
        failing_since=source.failing_since or now,
        failure=trouble.code[:FAILURE_LENGTH_MAX],
    )


def _next(
    source: StatementSource, now: datetime, *, is_arriving: bool = False, failures: int = 0
) -> datetime:
    zone = source.provider_account.timezone
    day = yesterday(zone, now)
    is_expected = any(
        expected_days(first=day, last=day, first_day=source.first_day, weekdays=source.weekdays)
    )
    return next_poll(
        poll_times=source.poll_times,
        latest_time=source.latest_time,
        zone=zone,
        now=now,
        is_arriving=is_arriving,
        is_missing=is_expected and not is_here(source, day),
        failures=failures,
    )
