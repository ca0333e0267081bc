from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from apps.core.failpoints import failpoint
from apps.providers.contract import (
    ConnectorError,
    CredentialsUnreadable,
    ListsMovements,
    ProviderMisbehaved,
)
from apps.providers.registry import connector_for, credentials_fingerprint
from apps.statement_sources.due_work import Lease
from apps.statement_sources.models import ReceivedFile, StatementSource
from apps.statement_sources.rules.api_files import api_file_name
from apps.statement_sources.rules.schedule import expected_days, yesterday
from apps.statement_sources.services.fetch_day import fetch_day
from apps.statement_sources.transports.folder import FolderRefused, FolderUnreachable

# In one look. What is left is asked for at once by the next.
DAYS_MAX = 31
# A day that cannot be had keeps none of the others; after so many the provider is let alone.
TROUBLES_MAX = 3


def ask_for_days(*, source: StatementSource, lease: Lease) -> tuple[int, bool]:
    """Ask the provider's API for the movements of each day that is over and not here; returns how
    many came, and whether there are more. With the account's own credentials. One that cannot be
    had keeps none of the others, and fails the look.

    A day is over at the first hour of the next at which the source is looked at.

    Raises LeaseLost; FolderTrouble, as a folder that cannot be reached or used.
    """
    account = source.provider_account
    now = lease.prolong()
    fetched = 0
    try:
        connector = connector_for(account)
        if not isinstance(connector, ListsMovements):
            raise FolderRefused("no_list")
        wallet = credentials_fingerprint(account).hex()[:64]
        troubles: list[ConnectorError] = []
        for day in _missing(source, now):
            if fetched >= DAYS_MAX:
                return fetched, True
            try:
                fetch_day(source=source, day=day, connector=connector, wallet=wallet, lease=lease)
            except ConnectorError as trouble:
                troubles.append(trouble)
                if len(troubles) == TROUBLES_MAX:
                    break
                continue
            fetched += 1
            failpoint("sources.ask.after_commit")
        if troubles:
            raise troubles[0]
    except CredentialsUnreadable as error:
        raise FolderRefused("credentials") from error
    except ProviderMisbehaved as error:
        raise FolderRefused("api_answer") from error
    except ConnectorError as error:
        raise FolderUnreachable("api") from error
    return fetched, False


def _missing(source: StatementSource, now: datetime) -> Iterator[date]:
    """The days that are over and not here, the newest first: how far back the provider's list
    goes is its own affair. One query."""
    local = now.astimezone(ZoneInfo(source.provider_account.timezone))
    last = yesterday(source.provider_account.timezone, now)
    if local.time() < min(source.poll_times):
        last -= timedelta(days=1)
    days = expected_days(
        first=source.first_day, last=last, first_day=source.first_day, weekdays=source.weekdays
    )
    names = {api_file_name(day): day for day in days}
    waiting = ReceivedFile.objects.filter(source=source).exclude(
        sha256__isnull=True, status__in=("fetching", "arriving")
    )
    here = set(waiting.order_by().values_list("name", flat=True))
    return (day for name, day in reversed(names.items()) if name not in here)
