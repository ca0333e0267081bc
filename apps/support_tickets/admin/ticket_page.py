"""The page of one ticket: the conversation, and what can be done."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.admin import show_mode
from apps.core.attachment import as_download
from apps.core.errors import DomainError
from apps.core.visible_rows import visible_rows
from apps.orchestration.rules.owners import attempt_owners
from apps.support_tickets.admin.desk import DeskActions, user_id_of
from apps.support_tickets.admin.forms import (
    AnswerForm,
    CannedForm,
    OtherTicketForm,
    StatusForm,
    WorkForm,
)
from apps.support_tickets.admin.shown import (
    Mask,
    loose_files,
    person,
    priority_label,
    shown_history,
    shown_messages,
    status_label,
)
from apps.support_tickets.models import Ticket, TicketEvent, TicketStatus
from apps.support_tickets.rules.moves import TICKET_MOVES
from apps.support_tickets.rules.texts import comment_of, contact_of, file_name_of, subject_of
from apps.support_tickets.selectors.find_attachment import find_attachment
from apps.support_tickets.selectors.linked_tickets import linked_tickets
from apps.support_tickets.selectors.read_conversation import read_conversation
from apps.support_tickets.services.note_presence import Colleague, note_presence
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing
from apps.vault.masked_text import mask_text


class TicketPage(DeskActions):
    change_form_template = "admin/support_tickets/ticket/change_form.html"

    def get_urls(self) -> list[Any]:
        guarded = self.admin_site.admin_view
        return [
            path(
                "<uuid:ticket_id>/attachments/<str:attachment_id>",
                guarded(self.attachment_view),
                name="support_tickets_attachment",
            ),
            path(
                "<uuid:ticket_id>/presence",
                guarded(self.presence_view),
                name="support_tickets_presence",
            ),
            *super().get_urls(),
        ]

    def show_page(self, request: HttpRequest, ticket: Ticket, **extra: Any) -> HttpResponse:
        """The page again, with what was typed: it is shown, nothing of it is saved."""
        request.method = "GET"
        page: HttpResponse = self.change_view(request, str(ticket.pk), extra_context=extra)
        return page

    def attachment_view(
        self, request: HttpRequest, ticket_id: UUID, attachment_id: str
    ) -> HttpResponse:
        """A file, only ever to be kept: no browser runs or shows it under our address."""
        ticket = self.get_queryset(request).filter(pk=ticket_id).first()
        if ticket is None or not self.has_view_permission(request, ticket):
            raise Http404
        try:
            attachment, content = find_attachment(attachment_id, ticket=ticket, is_staff=True)
        except DomainError:
            raise Http404 from None
        return as_download(content, file_name_of(attachment), attachment.media_type)

    def presence_view(self, request: HttpRequest, ticket_id: UUID) -> HttpResponse:
        """Who else is at this ticket, and whether it moved on: asked by the open page."""
        ticket = visible_rows(request.user, Ticket.objects.filter(pk=ticket_id))
        sequence = ticket.values_list("sequence", flat=True).first()
        if sequence is None or not self.has_view_permission(request):
            raise Http404
        others = note_presence(
            ticket_id=ticket_id,
            user_id=user_id_of(request),
            name=person(request.user),
            is_typing="typing" in request.GET,
            now=timezone.now(),
        )
        return JsonResponse({"sequence": sequence, "others": [_told(one) for one in others]})

    def _others(self, request: HttpRequest, ticket: Ticket) -> list[Colleague]:
        if not self.has_work_permission(request):
            return []
        return note_presence(
            ticket_id=ticket.pk,
            user_id=user_id_of(request),
            name=person(request.user),
            now=timezone.now(),
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        ticket: Ticket = kwargs["obj"]
        is_revealed = context.get("is_revealed", False)
        mask = masking(ticket, is_revealed=is_revealed)
        conversation = read_conversation(ticket, is_staff=True)
        changelist = reverse("admin:support_tickets_ticket_changelist")
        may_work = self.has_work_permission(request)
        forms: dict[str, Any] = {
            "answer_form": AnswerForm(initial={"seen": ticket.sequence}),
            "canned_form": CannedForm(ticket),
            "work_form": WorkForm(
                initial={
                    "assignee": ticket.assignee_id,
                    "team": ticket.team_id,
                    "seen": ticket.sequence,
                    "priority": ticket.priority,
                    "category": ticket.category,
                    "tags": ", ".join(ticket.tags),
                }
            ),
            "status_form": StatusForm(),
            "merge_form": OtherTicketForm(),
            "link_form": OtherTicketForm(),
        }
        forms |= {name: context[name] for name in forms if name in context}
        if "seen_before" in context:
            forms["answer_form"].initial["seen"] = ticket.sequence
        forms["status_form"].fields["to"].choices = [
            choice for choice in TicketStatus.choices if choice[0] in TICKET_MOVES[ticket.status]
        ]
        context |= {
            **forms,
            "title": f"{ticket.shown_number} · {mask(subject_of(ticket))}",
            "ticket": ticket,
            "zone": ticket.merchant.timezone if ticket.merchant else "UTC",
            "status": status_label(ticket),
            "priority": priority_label(ticket),
            "mode": show_mode(ticket.livemode),
            "assignee": person(ticket.assignee),
            "contact": contact_of(ticket) if is_revealed else ticket.contact_masked,
            "is_revealed": is_revealed,
            "may_reveal": self.has_reveal_permission(request) and not is_revealed,
            "may_work": may_work,
            "messages_shown": shown_messages(
                conversation, mask=mask, unseen=_unseen(ticket, context.get("seen_before"))
            ),
            "has_earlier": conversation.has_earlier,
            "loose_files": loose_files(conversation, mask=mask),
            "history": shown_history(ticket),
            "linked": linked_tickets(
                ticket, among=visible_rows(request.user, Ticket.objects.all())
            ),
            "comment": mask(comment_of(ticket)),
            "others": [sentence_of(one) for one in self._others(request, ticket)],
            # The search makes the action find one of any age.
            "action_url": f"{changelist}?q={ticket.public_id}",
            "presence_url": reverse("admin:support_tickets_presence", args=[ticket.pk]),
        }
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response


def _told(colleague: Colleague) -> dict[str, str]:
    return {"name": colleague.name, "sentence": sentence_of(colleague)}


def sentence_of(colleague: Colleague) -> str:
    text = (
        _("%(name)s is writing an answer.")
        if colleague.is_typing
        else _("%(name)s has this ticket open, too.")
    )
    return text % {"name": colleague.name}


def masking(ticket: Ticket, *, is_revealed: bool) -> Mask:
    """Hides the numbers in a text, that of the payer in all its writings."""
    if is_revealed:
        return lambda text: text
    msisdn = number_of(ticket)
    return lambda text: mask_text(text, msisdn=msisdn)


def number_of(ticket: Ticket) -> str:
    """The number that what it is about asked or paid; "" if there is none, or it does not open."""
    owner = attempt_owners().get(ticket.about_type)
    if owner is None or ticket.about_id is None:
        return ""
    row = owner.load([ticket.about_id]).get(ticket.about_id)
    try:
        return owner.counterparty(row) if row is not None else ""
    except (DecryptionFailed, EncryptionKeyMissing):
        return ""


def _unseen(ticket: Ticket, seen: int | None) -> set[Any]:
    """The messages that came since the ticket had this sequence."""
    if seen is None:
        return set()
    steps = TicketEvent.objects.filter(ticket=ticket, number__gt=seen, message__isnull=False)
    return set(steps.values_list("message_id", flat=True))
