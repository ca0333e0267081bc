"""How long the rows of every table are kept: said by each app, of its own models, as data.

What grows without a bound has a number of days (settings.RETENTION_DAYS) and is deleted by
`core.forget_old_rows`, or it has a job of its own; the rest says why it stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import connection
from django.utils.module_loading import module_has_submodule

from apps.core.public_ids import first_id_at


@dataclass(frozen=True, slots=True)
class KeptForEver:
    """Nothing deletes them. `because`: why, and why that is no trouble."""

    model: str
    because: str


@dataclass(frozen=True, slots=True)
class KeptForDays:
    """Deleted when their ids, UUIDv7, are so old. `days`: the key of settings.RETENTION_DAYS.

    `least`: fewer days break a promise. `condition`: SQL; rows for which it does not hold are few,
    and stay.
    """

    model: str
    days: str
    least: int
    because: str
    condition: str = "true"


@dataclass(frozen=True, slots=True)
class KeptUntil:
    """Deleted by their own `job`, a task of the beat, or, where it is "", by who has used them."""

    model: str
    until: str
    job: str = ""


Rule = KeptForEver | KeptForDays | KeptUntil

# Django's own tables, and what comes with a library.
STAFF = "staff and what they may do: a handful"
RETENTION: tuple[Rule, ...] = (
    KeptForDays("core.IdempotencyRecord", "idempotency", 1, "for a client that retries for days"),
    KeptForDays("core.TraceContext", "traces", 1, "for what is asked about for days"),
    KeptUntil("core.OutboxMessage", "its work is done"),
    KeptForEver("auth.User", STAFF),
    KeptForEver("auth.User_groups", STAFF),
    KeptForEver("auth.User_user_permissions", STAFF),
    KeptForEver("auth.Group", STAFF),
    KeptForEver("auth.Group_permissions", STAFF),
    KeptForEver("auth.Permission", "belongs to the schema"),
    KeptForEver("contenttypes.ContentType", "belongs to the schema"),
    KeptForEver("admin.LogEntry", "who changed which setting; payments are not edited"),
    KeptForEver("oauth2_provider.IDToken", "nothing writes it"),
    KeptForEver("oauth2_provider.DeviceGrant", "nothing writes it"),
)

# In the order of the ids, which begin with the time: nothing is read but what goes. By their place
# in the table: no plan may prefer to read the whole of it.
FORGET = """
DELETE FROM {table} WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM {table} WHERE id >= %s AND id < %s AND {condition} ORDER BY id LIMIT 5000))
RETURNING id
"""


@cache
def all_rules() -> tuple[Rule, ...]:
    """What the apps say, each in its `retention.py`, in the order of the settings."""
    modules = [
        import_module(f"{config.name}.retention")
        for config in apps.get_app_configs()
        if config.module is not None and module_has_submodule(config.module, "retention")
    ]
    return tuple(rule for module in modules for rule in module.RETENTION)


def forget_old_rows(*, now: datetime) -> dict[str, int]:
    """Delete what is older than it is kept, 5,000 rows a statement; how many, by model."""
    return {
        rule.model: forget(rule, now=now) for rule in all_rules() if isinstance(rule, KeptForDays)
    }


def forget(rule: KeptForDays, *, now: datetime) -> int:
    """Delete of one model what is older than it is kept; returns how many. Safe to repeat."""
    end = first_id_at(now - kept_for(rule))
    sql = statement(rule)
    # Each step goes on where the last one ended, not through what that one left dead.
    begin, forgotten = UUID(int=0), 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(sql, [begin, end])
            ids = [found for (found,) in cursor.fetchall()]
        if not ids:
            return forgotten
        begin = max(ids)
        forgotten += len(ids)


def statement(rule: KeptForDays) -> str:
    """One step: takes the first id and the one to stop before."""
    table = connection.ops.quote_name(apps.get_model(rule.model)._meta.db_table)
    return FORGET.format(table=table, condition=rule.condition)


def kept_for(rule: KeptForDays) -> timedelta:
    days: int = settings.RETENTION_DAYS[rule.days]
    return timedelta(days=days)


def check_retention(*, app_configs: Iterable[object] | None, **_: object) -> list[CheckMessage]:
    """A check of Django's: no promise outlives what it needs."""
    return [
        Error(
            f"RETENTION_{rule.days.upper()}_DAYS must be {rule.least} or more: {rule.because}.",
            id="core.E010",
        )
        for rule in all_rules()
        if isinstance(rule, KeptForDays) and settings.RETENTION_DAYS[rule.days] < rule.least
    ]
