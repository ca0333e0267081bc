from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.public_ids import new_id_at
from apps.core.work.outbox import wake_on_commit
from apps.providers.models import ProviderAccount
from apps.providers.registry import lists_movements
from apps.statement_sources.due_work import POLL
from apps.statement_sources.models import (
    AfterFetch,
    Completeness,
    StatementSource,
    Way,
    login_of,
)
from apps.statement_sources.rules.api_files import API_PATTERN
from apps.statement_sources.rules.name_pattern import check_name_pattern
from apps.statement_sources.rules.refusals import (
    SourceChanged,
    SourceInvalid,
    SourceUnreachable,
)
from apps.statement_sources.rules.source_order import SourceOrder, order_digest, order_of
from apps.statement_sources.selectors.is_reachable import is_reachable


@transaction.atomic
def save_source(
    *,
    source: StatementSource | None,
    order: SourceOrder,
    actor: str,
    now: datetime,
    account: ProviderAccount | None = None,
    way: str = "",
    seen: str = "",
) -> StatementSource:
    """Make a source (of `account`, by `way`), or change when and how one is looked at.

    How it is reached is not changed here: that takes two people. Switched on, it is looked at once.

    Args:
        seen: `order_digest` of what whoever changes it saw; "" compares nothing.

    Raises:
        SourceChanged: somebody else changed it since.
        SourceInvalid: with the field.
        SourceUnreachable: it cannot be switched on before two people agreed how it is reached.
    """
    if source is not None and source.way == Way.UPLOAD:
        raise SourceInvalid(_("What people upload comes by no hours."))
    order = _checked(order, way if source is None else source.way)
    before: dict[str, Any] = {}
    if source is None:
        if account is None or way not in Way.values or way == Way.UPLOAD:
            raise SourceInvalid(_("Of which provider account, and which way?"), field="account")
        if way == Way.API and not lists_movements(account.connector):
            raise SourceInvalid(_("This provider’s API lists no movements."), field="way")
        source_id = new_id_at(now)
        source = StatementSource(
            id=source_id,
            provider_account=account,
            way=way,
            login=login_of(source_id),
            created_at=now,
        )
    else:
        source = StatementSource.objects.select_for_update(of=("self",)).get(pk=source.pk)
        if seen and seen != order_digest(order_of(source)):
            raise SourceChanged
        before = {name: getattr(source, name) for name in asdict(order)}
    if order.is_enabled and not is_reachable(source):
        raise SourceUnreachable
    for name, value in asdict(order).items():
        setattr(source, name, value)
    source.due_at = now if source.is_enabled else None
    source.save()
    wake_on_commit(POLL)
    changed = {
        name: [_as_json(before.get(name)), _as_json(value)]
        for name, value in asdict(order).items()
        if not before or before[name] != value
    }
    record(
        actor=actor,
        action="statement_source.change" if before else "statement_source.create",
        target=source.public_id,
        detail={"changed": changed},
        now=now,
    )
    return source


def _checked(order: SourceOrder, way: str) -> SourceOrder:
    """As it holds: a day that is asked for is named by us, and whole."""
    if way == Way.API:
        order = replace(
            order,
            name_pattern=API_PATTERN,
            day_offset=0,
            days_covered=1,
            completeness=Completeness.NAMED,
            marker_suffix="",
            after_fetch=AfterFetch.LEAVE,
        )
    check_name_pattern(order.name_pattern)
    if not order.poll_times:
        raise SourceInvalid(_("At which hours is it looked at?"), field="poll_times")
    if not order.weekdays or not set(order.weekdays) <= set(range(7)):
        raise SourceInvalid(_("Of which days does a report come?"), field="weekdays")
    if order.completeness == Completeness.MARKER and not order.marker_suffix.strip("."):
        raise SourceInvalid(_("What does the marker end with, as in .ok?"), field="marker_suffix")
    return order


def _as_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_json(one) for one in value]
    return value.isoformat() if isinstance(value, date | time) else value
