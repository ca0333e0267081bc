"""What happened to an owner and its attempts, in words, with nothing in them that a screen may not
show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.core.admin import pretty_json, show_time
from apps.core.money import Money
from apps.core.visible_rows import visible_rows
from apps.ledger.rules.postings import TransferKind
from apps.orchestration.models import ATTEMPT_FINAL, Attempt, AttemptStatus, StatusChange
from apps.orchestration.rules.notes import shown_note
from apps.orchestration.selectors.read_timeline import TimelineEntry, read_timeline
from apps.providers.models import Callback
from apps.vault.masked_text import mask_text
from apps.webhooks.models import Delivery

# Of a status and the label of its source.
Moved = Callable[[str, str], str]

# Kind of a timeline entry -> its symbol in unfold's font.
SYMBOLS = {
    "status": "flag",
    "attempt": "send",
    "callback": "call_received",
    "transfer": "account_balance",
    "webhook": "webhook",
    "given_back": "undo",
    "disputed": "gavel",
    "statement": "receipt_long",
    "discrepancy": "rule",
    "ticket": "support_agent",
}


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """A timeline entry with nothing left in it that a screen may not show."""

    entry: TimelineEntry
    symbol: str
    title: str
    detail: str
    data: str


def warnings_of(attempts: Sequence[Attempt], *, msisdn: str, zone: str) -> list[str]:
    """What an agent must know before promising anything."""
    found = []
    for attempt in attempts:
        if attempt.contradiction:
            text = _("The provider contradicts itself or us: %(what)s.")
            what = own_text(shown_note(attempt.contradiction), msisdn=msisdn)
            found.append(text % {"what": what.rstrip(".")})
        if attempt.status in ATTEMPT_FINAL:
            if attempt.needs_person:
                text = _("The provider knows of an attempt that we had closed: it may be paid.")
                found.append(str(text))
            continue
        if attempt.needs_person:
            found.append(str(_("The machine has given up asking: a person has to find out.")))
        elif attempt.next_check_at is not None:
            text = _("The provider is asked again at %(time)s.")
            found.append(text % {"time": show_time(attempt.next_check_at, zone)})
    return found


def shown_timeline(
    owner_id: UUID,
    attempts: Sequence[Attempt],
    *,
    msisdn: str,
    currency: str,
    moved: Moved,
    reader: Any,
) -> list[ShownEntry]:
    """The timeline of an owner, in the reader's language; `moved` puts its own moves in words.
    `reader`: who of the staff sees it; None: all of it is taken."""
    keep = {attempt.provider_reference for attempt in attempts}
    keep |= {attempt.statement_reference for attempt in attempts}

    def masked(text: str) -> str:
        return mask_text(text, msisdn=msisdn, keep=keep)

    raw = {attempt.public_id: attempt.raw for attempt in attempts if attempt.raw}
    above = _seen_by(reader, _from_above(owner_id))
    entries = sorted([*read_timeline(owner_id), *above], key=lambda entry: entry.at)
    shown = []
    for entry in reversed(entries):
        data = dict(entry.data)
        if entry.kind == "attempt" and data["id"] in raw:
            # Only the last answer is kept: it belongs to the attempt's last entry.
            data["raw"] = raw.pop(data["id"])
        title, detail = _told(entry, currency, moved)
        shown.append(
            ShownEntry(
                entry=entry,
                symbol=SYMBOLS.get(entry.kind, "circle"),
                title=masked(title),
                detail=masked(detail),
                data=masked(pretty_json(data)) if data else "",
            )
        )
    return shown[::-1]


def _seen_by(reader: Any, entries: list[TimelineEntry]) -> list[TimelineEntry]:
    """A query for each model of which there are rows."""
    rows = [entry.row for entry in entries if entry.row is not None]
    if reader is None or not rows:
        return entries
    seen = {
        (label, pk)
        for label in {label for label, _pk in rows}
        for pk in visible_rows(
            reader,
            apps.get_model(label)._default_manager.filter(pk__in=[pk for _label, pk in rows]),
        ).values_list("pk", flat=True)
    }
    return [entry for entry in entries if entry.row is None or entry.row in seen]


def _from_above(owner_id: UUID) -> list[TimelineEntry]:
    """What apps above the engine know of this owner."""
    sources = import_string(settings.TIMELINE_SOURCES)
    return [entry for read in sources for entry in read(owner_id)]


def _told(entry: TimelineEntry, currency: str, moved: Moved) -> tuple[str, str]:
    """Title and detail in the reader's language."""
    data = entry.data
    if entry.kind == "status":
        return moved(data["to"], str(StatusChange.Source(data["source"]).label)), shown_note(
            entry.detail
        )
    if entry.kind == "attempt":
        text = _("Attempt: %(status)s (%(source)s)")
        values = {
            "status": AttemptStatus(data["to"]).label,
            "source": StatusChange.Source(data["source"]).label,
        }
        return text % values, shown_note(entry.detail)
    if entry.kind == "callback":
        text = _("Callback from the provider: %(status)s")
        return text % {"status": Callback.Status(data["status"]).label}, shown_note(entry.detail)
    if entry.kind == "transfer":
        text = _("Booked, %(kind)s: %(money)s")
        money = Money(data["amount"], currency)
        return text % {"kind": TransferKind(data["kind"]).label, "money": money}, ""
    if entry.kind == "webhook":
        text = _("Webhook: %(status)s")
        tries = data["tries"]
        detail = ngettext("%d try", "%d tries", tries) % tries if tries else ""
        if tries and entry.error and data["status"] != Delivery.Status.DELIVERED:
            detail = f"{detail}, {shown_note(entry.error)}"
        return text % {"status": Delivery.Status(data["status"]).label}, detail
    return str(entry.title), str(entry.detail)


def own_text(text: str, *, msisdn: str) -> str:
    """What a merchant wrote; many write the payer's number into a reference."""
    return mask_text(text, msisdn=msisdn, keep={text}) or "–"
