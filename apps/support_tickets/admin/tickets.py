from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from apps.core.admin import (
    read_public_id,
    related,
    show_choice,
    show_mode,
    show_time,
    show_two,
)
from apps.orchestration.selectors.find_by_text import number_indexes
from apps.payments.models import Payment
from apps.payments.rules.payer import PAYER_INDEX
from apps.support_tickets.admin.case import CasePage, due_label, next_clock
from apps.support_tickets.admin.forms import read_number
from apps.support_tickets.admin.new_ticket import OpenedByStaff
from apps.support_tickets.admin.queue import QueueFilter, TicketDaysFilter
from apps.support_tickets.admin.shown import person, priority_label, status_label
from apps.support_tickets.models import RequesterKind, Ticket, TicketCategory
from apps.support_tickets.rules.contact import ContactInvalid, read_contact
from apps.support_tickets.rules.subjects import about_of, read_subject_id
from apps.support_tickets.rules.texts import CONTACT_INDEX, subject_of
from apps.support_tickets.selectors.read_subject import read_subject
from apps.vault.blind_index import search_indexes
from apps.vault.masked_text import mask_text

# A payer with more payments than this is found by the payment's id.
PAYMENTS_MAX = 200
SUBJECT_SHOWN = 70

MERCHANT = related("merchant", _("merchant"))


class TeamFilter(RelatedDropdownFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("team")


@admin.register(Ticket)
class TicketAdmin(OpenedByStaff, CasePage):
    public_id_prefix = "tic"
    list_display = [
        "number_and_time", "subject_and_category", "requester_and_merchant", "state",
        "assignee_and_team", "due",
    ]  # fmt: skip
    list_filter = [
        QueueFilter,
        ("status", ChoicesDropdownFilter),
        ("priority", ChoicesDropdownFilter),
        ("team", TeamFilter),
        ("category", ChoicesDropdownFilter),
        ("requester_kind", ChoicesDropdownFilter),
        ("created_at", TicketDaysFilter),
    ]
    # Drawing a row takes longer than reading it.
    list_per_page = 25
    list_select_related = ["merchant", "assignee", "team"]
    search_fields = ["id", "number"]
    search_help_text = _(
        "Exactly: a number T-000123, an id (tic_…, pay_…, ref_…, po_…), a telephone number or an"
        " e-mail address."
    )
    fields = [
        "public_id", "mode", "requester_shown", MERCHANT, "contact_shown", "about_shown",
        "language", "created", "first_answered", "resolved", "rating_shown",
    ]  # fmt: skip
    readonly_fields = fields

    # --- Search

    def matching(self, text: str) -> Q:
        public_id = read_public_id("tic", text)
        if public_id is not None:
            return Q(pk=public_id)
        about = read_subject_id(text.lower())
        if about is not None:
            return Q(about_type=about[0], about_id=about[1])
        found = Q(pk__in=[])
        number = read_number(text)
        if number is not None:
            found |= Q(number=number)
        return found | Q(pk__in=self._of_person(text))

    def _of_person(self, text: str) -> list[UUID]:
        """Tickets of who is reached so, and about payments of this number."""
        indexes: list[bytes] = []
        with contextlib.suppress(ContactInvalid):
            indexes = search_indexes(read_contact(text), purpose=CONTACT_INDEX)
        numbers = number_indexes(text, purpose=PAYER_INDEX)
        payments = Payment.objects.filter(payer_msisdn_index__in=numbers).order_by("-id")
        paid = list(payments.values_list("pk", flat=True)[:PAYMENTS_MAX]) if numbers else []
        by_contact = Ticket.objects.filter(contact_index__in=indexes).exclude(contact_index=b"")
        about = Ticket.objects.filter(about_type="payment", about_id__in=paid)
        return [
            *by_contact.order_by("-id").values_list("pk", flat=True)[:PAYMENTS_MAX],
            *about.order_by("-id").values_list("pk", flat=True)[:PAYMENTS_MAX],
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        tickets: QuerySet[Ticket] = super().get_queryset(request)
        return tickets.select_related(
            "merchant", "assignee", "team", "merged_into"
        ).prefetch_related("clocks")

    # --- Columns

    @display(description=_("number"))
    def number_and_time(self, ticket: Ticket) -> SafeString:
        return show_two(ticket.shown_number, show_time(ticket.created_at))

    @display(description=_("subject, category"))
    def subject_and_category(self, ticket: Ticket) -> SafeString:
        subject = mask_text(subject_of(ticket))
        short = f"{subject[:SUBJECT_SHOWN]}…" if len(subject) > SUBJECT_SHOWN else subject
        return show_two(short, show_choice(TicketCategory, ticket.category))

    @display(description=_("requester, merchant"))
    def requester_and_merchant(self, ticket: Ticket) -> SafeString:
        return show_two(show_choice(RequesterKind, ticket.requester_kind), ticket.merchant or "–")

    @display(description=_("status, priority"))
    def state(self, ticket: Ticket) -> SafeString:
        return format_html(
            '<span class="lomi-labels">{} {}</span>',
            status_label(ticket),
            priority_label(ticket),
        )

    @display(description=_("assignee, team"))
    def assignee_and_team(self, ticket: Ticket) -> SafeString:
        return show_two(person(ticket.assignee), ticket.team or "–")

    @display(description=_("due"))
    def due(self, ticket: Ticket) -> SafeString:
        """The promised time that is used up first, and how long nobody has answered."""
        clock = next_clock(ticket)
        waiting = timesince(ticket.unanswered_since, depth=1) if ticket.unanswered_since else "–"
        return show_two(due_label(clock) if clock else "–", waiting)

    @display(description=_("id"))
    def public_id(self, ticket: Ticket) -> str:
        return ticket.public_id

    @display(description=_("mode"))
    def mode(self, ticket: Ticket) -> SafeString:
        return show_mode(ticket.livemode)

    @display(description=_("status"))
    def status_shown(self, ticket: Ticket) -> SafeString:
        return status_label(ticket)

    @display(description=_("priority"))
    def priority_shown(self, ticket: Ticket) -> SafeString:
        return priority_label(ticket)

    @display(description=_("requester"))
    def requester_shown(self, ticket: Ticket) -> str:
        return str(ticket.get_requester_kind_display())

    @display(description=_("contact"))
    def contact_shown(self, ticket: Ticket) -> str:
        return ticket.contact_masked or "–"

    @display(description=_("about"))
    def about_shown(self, ticket: Ticket) -> str | SafeString:
        public_id = about_of(ticket)
        if public_id is None or ticket.about_id is None:
            return "–"
        subject = read_subject(ticket.about_type, ticket.about_id)
        if subject is None:
            return public_id
        url = reverse(subject.admin_page, args=[subject.id])
        return format_html('<a href="{}">{} {}</a>', url, subject.title, public_id)

    @display(description=_("created"))
    def created(self, ticket: Ticket) -> str:
        return _in_zone(ticket, ticket.created_at)

    @display(description=_("first answered"))
    def first_answered(self, ticket: Ticket) -> str:
        return _in_zone(ticket, ticket.first_answered_at)

    @display(description=pgettext_lazy("status of a ticket", "resolved"))
    def resolved(self, ticket: Ticket) -> str:
        return _in_zone(ticket, ticket.resolved_at)

    @display(description=_("rating"))
    def rating_shown(self, ticket: Ticket) -> str:
        return f"{ticket.csat_score} / 5" if ticket.csat_score else "–"


def _in_zone(ticket: Ticket, moment: datetime | None) -> str:
    return show_time(moment, ticket.merchant.timezone) if ticket.merchant else show_time(moment)
