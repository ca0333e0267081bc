"""What a ticket may be about: known by name, listed in config/ticket_subjects.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from apps.core.public_ids import InvalidPublicId, decode_id, encode_id
from apps.support_tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """One kind of thing, a model with a UUID.

    `merchant` and `livemode` are its fields for those, as queries name them. What is not
    `is_for_customers` only staff bind a ticket to.
    """

    prefix: str
    model: str
    name: str | Promise
    merchant: str = "merchant_id"
    livemode: str = "livemode"
    is_for_customers: bool = True


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is there. `title` is what its model calls it; it names no person."""

    type: str
    id: UUID
    merchant_id: UUID | None
    livemode: bool
    title: str

    @property
    def public_id(self) -> str:
        return encode_id(subject_kinds()[self.type].prefix, self.id)

    @property
    def admin_page(self) -> str:
        """The name of its page for staff, which takes its id."""
        return f"admin:{subject_kinds()[self.type].model.lower().replace('.', '_')}_change"


@cache
def subject_kinds() -> Mapping[str, SubjectKind]:
    return import_string(settings.TICKET_SUBJECTS)  # type: ignore[no-any-return]


def read_subject_id(public_id: str) -> tuple[str, UUID] | None:
    """Type and id behind a public id; None when it is of no kind known here."""
    for type, kind in subject_kinds().items():
        try:
            return type, decode_id(kind.prefix, public_id)
        except InvalidPublicId:
            continue
    return None


def about_of(ticket: Ticket) -> str | None:
    """The public id of what the ticket is about."""
    kind = subject_kinds().get(ticket.about_type)
    return encode_id(kind.prefix, ticket.about_id) if kind and ticket.about_id else None
