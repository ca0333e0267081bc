"""What agents do with a ticket: each act is one action of the list, sent by the ticket's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.core.admin import ReadOnlyAdmin, show_refusal
from apps.core.errors import DomainError
from apps.support_tickets.admin.forms import (
    AnswerForm,
    CannedForm,
    OtherTicketForm,
    StatusForm,
    WorkForm,
)
from apps.support_tickets.models import CannedAnswer, Channel, Ticket
from apps.support_tickets.rules.author import Author, staff_author
from apps.support_tickets.rules.canned import filled
from apps.support_tickets.services.add_attachment import add_attachment
from apps.support_tickets.services.add_message import TicketMovedOn, add_message
from apps.support_tickets.services.assign_ticket import assign_ticket
from apps.support_tickets.services.change_status import change_status
from apps.support_tickets.services.link_tickets import link_tickets
from apps.support_tickets.services.merge_tickets import merge_tickets
from apps.support_tickets.services.organise_ticket import organise_ticket
from apps.support_tickets.services.reveal_ticket import reveal_ticket

AT_ONCE_MAX = 100


def author_of(request: HttpRequest) -> Author:
    return staff_author(user_id_of(request))


def user_id_of(request: HttpRequest) -> int:
    user_id = request.user.pk
    assert user_id is not None  # noqa: S101 (for the type checker: the site lets nobody else in)
    return user_id


class DeskActions(ReadOnlyAdmin):
    """What moves neither money, roles nor keys. `show_page` is the ticket's page, with what was
    typed."""

    actions = [
        "assign_to_me", "answer", "note", "insert_canned", "organise", "change_status", "merge",
        "link", "reveal",
    ]  # fmt: skip
    actions_without_step_up = actions
    # What the list itself offers; the rest needs the ticket's page.
    list_actions = ("assign_to_me",)

    def show_page(self, request: HttpRequest, ticket: Ticket, **extra: Any) -> HttpResponse:
        raise NotImplementedError

    def has_work_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("support_tickets.change_ticket")

    def has_reveal_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("support_tickets.reveal_ticket")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)
        if request.method == "POST":
            return found
        return {name: action for name, action in found.items() if name in self.list_actions}

    # --- On several

    @admin.action(description=_("Assign to me"), permissions=["work"])
    def assign_to_me(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse | None:
        chosen = list(queryset[: AT_ONCE_MAX + 1])
        if len(chosen) > AT_ONCE_MAX:
            text = _("Choose at most %d at once. Nothing was done.") % AT_ONCE_MAX
            self.message_user(request, text, messages.ERROR)
            return None
        author, now = author_of(request), timezone.now()
        with transaction.atomic():
            # In the order of ids, as all who lock several.
            for ticket in sorted(chosen, key=lambda one: one.pk):
                assign_ticket(
                    ticket_id=ticket.pk,
                    assignee_id=author.user_id,
                    team_id=ticket.team_id,
                    author=author,
                    now=now,
                )
        text = ngettext("%d ticket is yours.", "%d tickets are yours.", len(chosen)) % len(chosen)
        self.message_user(request, text, messages.SUCCESS)
        return self._to_page(chosen[0]) if "_from_page" in request.POST and chosen else None

    # --- On one

    @admin.action(description=_("Answer"), permissions=["work"])
    def answer(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse | None:
        return self._write(request, queryset, is_internal=False)

    @admin.action(description=_("Keep as an internal note"), permissions=["work"])
    def note(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse | None:
        return self._write(request, queryset, is_internal=True)

    @admin.action(description=_("Insert a canned answer"), permissions=["work"])
    def insert_canned(
        self, request: HttpRequest, queryset: QuerySet[Ticket]
    ) -> HttpResponse | None:
        ticket = self._one(request, queryset)
        if ticket is None:
            return None
        form = CannedForm(ticket, request.POST)
        answer: CannedAnswer | None = form.cleaned_data["canned"] if form.is_valid() else None
        typed = request.POST.get("body", "").rstrip()
        inserted = filled(answer, ticket) if answer else ""
        text = "\n\n".join(part for part in (typed, inserted) if part)
        draft = AnswerForm(
            initial={
                "body": text,
                "then": request.POST.get("then", ""),
                "seen": request.POST.get("seen", ""),
            }
        )
        return self.show_page(request, ticket, answer_form=draft)

    @admin.action(description=_("Change who, how urgent and what"), permissions=["work"])
    def organise(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse | None:
        ticket = self._one(request, queryset)
        if ticket is None:
            return None
        form = WorkForm(request.POST)
        if not form.is_valid():
            return self.show_page(request, ticket, work_form=form)
        values, author, now = form.cleaned_data, author_of(request), timezone.now()

        def work() -> None:
            assignee, team = values["assignee"], values["team"]
            organise_ticket(
                ticket_id=ticket.pk,
                assignee_id=assignee.pk if assignee else None,
                team_id=team.pk if team else None,
                priority=values["priority"],
                category=values["category"],
                tags=values["tags"],
                seen=values["seen"],
                author=author,
                now=now,
            )

        return self._do(request, ticket, form, "work_form", work)

    @admin.action(description=_("Change the status"), permissions=["work"])
    def change_status(
        self, request: HttpRequest, queryset: QuerySet[Ticket]
    ) -> HttpResponse | None:
        ticket = self._one(request, queryset)
        if ticket is None:
            return None
        form = StatusForm(request.POST)
        if not form.is_valid():
            return self.show_page(request, ticket, status_form=form)

        def work() -> None:
            change_status(
                ticket_id=ticket.pk,
                to=form.cleaned_data["to"],
                author=author_of(request),
                now=timezone.now(),
            )

        return self._do(request, ticket, form, "status_form", work)

    @admin.action(description=_("Merge into another ticket"), permissions=["work"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse | None:
        return self._with_other(request, queryset, is_merge=True)

    @admin.action(description=_("Link with another ticket"), permissions=["work"])
    def link(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse | None:
        return self._with_other(request, queryset, is_merge=False)

    @admin.action(description=_("Show the contact and the numbers"), permissions=["reveal"])
    def reveal(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse | None:
        ticket = self._one(request, queryset)
        if ticket is None:
            return None
        reveal_ticket(ticket_id=ticket.pk, author=author_of(request), now=timezone.now())
        return self.show_page(request, ticket, is_revealed=True)

    # --- Steps they share

    def _write(
        self, request: HttpRequest, queryset: QuerySet[Ticket], *, is_internal: bool
    ) -> HttpResponse | None:
        ticket = self._one(request, queryset)
        if ticket is None:
            return None
        form = AnswerForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.show_page(request, ticket, answer_form=form)
        values, author, now = form.cleaned_data, author_of(request), timezone.now()

        def work() -> None:
            message = add_message(
                ticket_id=ticket.pk,
                body=values["body"],
                author=author,
                channel=Channel.ADMIN,
                is_internal=is_internal,
                then="" if is_internal else values["then"],
                seen=None if is_internal else values["seen"],
                now=now,
            )
            if values["file"] is not None:
                add_attachment(
                    ticket_id=ticket.pk,
                    name=values["file"].name,
                    content=values["file"].read(),
                    author=author,
                    message=message,
                    is_internal=is_internal,
                    now=now,
                )

        return self._do(request, ticket, form, "answer_form", work)

    def _with_other(
        self, request: HttpRequest, queryset: QuerySet[Ticket], *, is_merge: bool
    ) -> HttpResponse | None:
        ticket = self._one(request, queryset)
        if ticket is None:
            return None
        name = "merge_form" if is_merge else "link_form"
        form = OtherTicketForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.show_page(request, ticket, **{name: form})
        other_id, author, now = form.cleaned_data["other"], author_of(request), timezone.now()

        def work() -> Ticket | None:
            if is_merge:
                return merge_tickets(ticket_id=ticket.pk, into_id=other_id, author=author, now=now)
            link_tickets(ticket_id=ticket.pk, other_id=other_id, author=author, now=now)
            return None

        return self._do(request, ticket, form, name, work)

    def _one(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> Ticket | None:
        chosen = list(queryset[:2])
        if len(chosen) == 1:
            return chosen[0]
        self.message_user(request, _("Choose one ticket."), messages.ERROR)
        return None

    def _do(
        self,
        request: HttpRequest,
        ticket: Ticket,
        form: forms.Form,
        name: str,
        work: Callable[[], Ticket | None],
    ) -> HttpResponse:
        """Do all of it or nothing; what is refused is shown with what was typed."""
        try:
            with transaction.atomic():
                other = work()
        except DomainError as refusal:
            extra: dict[str, Any] = {}
            if isinstance(refusal, TicketMovedOn) and name == "work_form":
                # What it is now takes the place of what she saw.
                self.message_user(request, show_refusal(refusal), messages.WARNING)
                return self.show_page(request, ticket)
            if isinstance(refusal, TicketMovedOn):
                # Read now, the page is what the next answer knows of.
                extra["seen_before"] = form.cleaned_data.get("seen")
                form = form.__class__(
                    initial={name: form.cleaned_data.get(name) for name in ("body", "then")}
                )
                self.message_user(request, show_refusal(refusal), messages.WARNING)
            else:
                form.add_error(None, show_refusal(refusal))
            return self.show_page(request, ticket, **{name: form}, **extra)
        return self._to_page(other or ticket)

    def _to_page(self, ticket: Ticket) -> HttpResponse:
        return redirect("admin:support_tickets_ticket_change", ticket.pk)
