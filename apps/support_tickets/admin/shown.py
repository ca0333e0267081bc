"""A conversation and its history as the desk shows them, with numbers hidden in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin import show_choice, show_label
from apps.support_tickets.models import (
    AuthorKind,
    ClockKind,
    ClockState,
    Ticket,
    TicketAttachment,
    TicketCategory,
    TicketEvent,
    TicketMessage,
    TicketPriority,
    TicketStatus,
)
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.rules.situations import SITUATIONS, NextAction
from apps.support_tickets.rules.texts import body_of, file_name_of
from apps.support_tickets.selectors.read_conversation import Conversation

STATUS_COLOURS: Mapping[str, str] = {
    TicketStatus.NEW: "danger",
    TicketStatus.OPEN: "primary",
    TicketStatus.WAITING_FOR_MERCHANT: "info",
    TicketStatus.WAITING_FOR_PAYER: "info",
    TicketStatus.WAITING_FOR_PROVIDER: "warning",
    TicketStatus.RESOLVED: "success",
    TicketStatus.CLOSED: "",
}
PRIORITY_COLOURS: Mapping[str, str] = {
    TicketPriority.LOW: "",
    TicketPriority.NORMAL: "info",
    TicketPriority.HIGH: "warning",
    TicketPriority.CRITICAL: "danger",
}
CLOCK_COLOURS: Mapping[ClockState, str] = {
    ClockState.RUNNING: "info",
    ClockState.PAUSED: "",
    ClockState.MET: "success",
    ClockState.BREACHED: "danger",
}
# Of a text: with nothing in it that this page may not show.
Mask = Callable[[str], str]

HISTORY_MAX = 100

# What was done about the case, in the history.
ACTIONS = {
    NextAction.ASK_PROVIDER: gettext_lazy("provider asked"),
    NextAction.SEND_WEBHOOKS_AGAIN: gettext_lazy("webhooks sent again"),
}


@dataclass(frozen=True, slots=True)
class ShownFile:
    public_id: str
    name: str
    size: int
    is_internal: bool


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """`side` is customer, staff, note or system; `is_new`: the reader has not seen it."""

    side: str
    author: str
    at: datetime
    channel: str
    text: str
    files: Sequence[ShownFile]
    is_new: bool


@dataclass(frozen=True, slots=True)
class ShownStep:
    at: datetime
    text: str
    author: str


def person(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else "–"


def status_label(ticket: Ticket) -> SafeString:
    return show_label(
        show_choice(TicketStatus, ticket.status), STATUS_COLOURS.get(ticket.status, "")
    )


def priority_label(ticket: Ticket) -> SafeString:
    return show_label(
        show_choice(TicketPriority, ticket.priority), PRIORITY_COLOURS.get(ticket.priority, "")
    )


def shown_messages(
    conversation: Conversation, *, mask: Mask, unseen: set[Any]
) -> list[ShownMessage]:
    return [
        ShownMessage(
            side=_side(message),
            author=_author(message),
            at=message.created_at,
            channel=str(message.get_channel_display()),
            text=mask(body_of(message)),
            files=[
                shown_file(one, mask=mask)
                for one in conversation.attachments
                if one.message_id == message.pk
            ],
            is_new=message.pk in unseen,
        )
        for message in conversation.messages
    ]


def loose_files(conversation: Conversation, *, mask: Mask) -> list[ShownFile]:
    """Files that came without a message that is shown."""
    there = {message.pk for message in conversation.messages}
    return [
        shown_file(one, mask=mask)
        for one in conversation.attachments
        if one.message_id not in there
    ]


def shown_file(attachment: TicketAttachment, *, mask: Mask) -> ShownFile:
    return ShownFile(
        attachment.public_id,
        mask(file_name_of(attachment)),
        attachment.size,
        attachment.is_internal,
    )


def shown_history(ticket: Ticket) -> list[ShownStep]:
    """Its last steps, newest first; what was said is shown as the conversation. Two queries."""
    steps = list(
        TicketEvent.objects.filter(ticket=ticket)
        .exclude(kind__in=[EventKind.MESSAGE, EventKind.NOTE])
        .select_related("author")
        .order_by("-number")[:HISTORY_MAX]
    )
    named = {str(step.data.get("assignee", "")).removeprefix("user:") for step in steps}
    ids = [int(one) for one in named if one.isdecimal()]
    people = {str(user.pk): person(user) for user in User.objects.filter(pk__in=ids)}
    return [
        ShownStep(
            step.created_at,
            _told(step, people),
            person(step.author) if step.author else str(AuthorKind(step.author_kind).label),
        )
        for step in steps
    ]


def _side(message: TicketMessage) -> str:
    if message.is_internal:
        return "note"
    if message.author_kind in {AuthorKind.MERCHANT, AuthorKind.PAYER}:
        return "customer"
    return str(message.author_kind)


def _author(message: TicketMessage) -> str:
    if message.author:
        return person(message.author)
    return str(message.get_author_kind_display())


def _told(step: TicketEvent, people: dict[str, str]) -> str:
    data = step.data
    label = str(EventKind(step.kind).label) if step.kind in EventKind.values else step.kind
    if step.kind in {EventKind.STATUS, EventKind.PRIORITY}:
        words = TicketStatus if step.kind == EventKind.STATUS else TicketPriority
        return _("%(what)s: %(from)s → %(to)s") % {
            "what": label,
            "from": _label(words, data.get("from", "")),
            "to": _label(words, data.get("to", "")),
        }
    if step.kind == EventKind.ASSIGNED:
        who = str(data.get("assignee", "")).removeprefix("user:")
        return _("assigned to %(who)s") % {"who": people.get(who, _("nobody"))}
    if step.kind == EventKind.CLASSIFIED:
        category = _label(TicketCategory, data.get("category", ""))
        return f"{label} : {', '.join([category, *data.get('tags', [])])}"
    if step.kind in {EventKind.WARNED, EventKind.BREACHED}:
        clock = _label(ClockKind, data.get("clock", ""))
        return _("%(what)s: %(which)s") % {"what": label, "which": clock}
    if step.kind == EventKind.ACTED:
        action, before, after = (data.get(name, "") for name in ("action", "before", "after"))
        return _("%(action)s: %(before)s → %(after)s") % {
            "action": ACTIONS.get(action, label),
            "before": _title(before),
            "after": _title(after),
        }
    if step.kind == EventKind.RATED:
        return _("rated %(score)s of 5") % {"score": data.get("score")}
    return label


def _title(code: str) -> str:
    return str(SITUATIONS[code].title) if code in SITUATIONS else code


def _label(words: Any, value: str) -> str:
    return str(words(value).label) if value in words.values else value
