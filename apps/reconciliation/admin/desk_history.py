"""A discrepancy's history in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.core.admin import LIST_ZONE, show_time
from apps.reconciliation.models import Discrepancy, DiscrepancyEvent


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """Who did what, when and why; `changes`: "status: open → resolved", one each."""

    at: str
    act: str
    person: str
    reason: str
    changes: Sequence[str]


def shown_events(events: Sequence[DiscrepancyEvent]) -> list[ShownEvent]:
    """In the order given. One query, for the people's names."""
    ids: set[Any] = {_person_id(one.actor) for one in events}
    ids |= {one.after.get("owner_id") for one in events}
    ids |= {one.before.get("owner_id") for one in events}
    users = get_user_model()._default_manager.filter(pk__in=ids - {None})
    names: dict[Any, str] = dict(users.values_list("pk", "username"))
    return [
        ShownEvent(
            at=show_time(one.created_at, LIST_ZONE),
            act=capfirst(one.get_act_display()),
            person=names.get(_person_id(one.actor)) or _("the system"),
            reason=one.reason,
            changes=_changes(one, names),
        )
        for one in events
    ]


def _changes(event: DiscrepancyEvent, names: dict[Any, str]) -> list[str]:
    words = {
        "status": _("status"),
        "owner_id": _("owner"),
        "expected_until": _("expected until"),
        "our_amount": _("ours"),
        "their_amount": _("theirs"),
        "detail": _("detail"),
    }
    return [
        f"{words[name]}: {_value(name, event.before.get(name), names)}"
        f" → {_value(name, value, names)}"
        for name, value in event.after.items()
        # A resolution is the reason, and a closing's time the event's.
        if name in words and value != event.before.get(name)
    ]


def _value(name: str, value: Any, names: dict[Any, str]) -> str:
    if value in (None, ""):
        return "–"
    if name == "status":
        return str(Discrepancy.Status(value).label)
    if name == "owner_id":
        return names.get(value, str(value))
    if name == "expected_until":
        return date_format(datetime.fromisoformat(value).date())
    return str(value)


def _person_id(actor: str) -> int | None:
    number = actor.removeprefix("user:")
    return int(number) if number.isdigit() else None
