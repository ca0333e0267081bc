"""The page on which staff open a ticket: for who is on the telephone, or among themselves."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from apps.core.admin import ReadOnlyAdmin, show_refusal
from apps.core.clean_text import BODY_LENGTH_MAX, SUBJECT_LENGTH_MAX, clean_line
from apps.core.errors import DomainError
from apps.merchants.models import Merchant
from apps.support_tickets.admin.desk import author_of
from apps.support_tickets.admin.forms import NewTicketForm
from apps.support_tickets.models import Channel, RequesterKind, Ticket
from apps.support_tickets.services.open_ticket import TicketOrder, open_ticket


class OpenedByStaff(ReadOnlyAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("support_tickets.add_ticket")

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewTicketForm(
            request.POST if request.method == "POST" else None,
            user=request.user,
            initial={
                "about": request.GET.get("about", "")[:40],
                "requester_kind": request.GET.get("requester_kind") or RequesterKind.PAYER,
                # What the page that it comes from knows of it.
                "subject": clean_line(request.GET.get("subject", ""))[:SUBJECT_LENGTH_MAX],
                "body": request.GET.get("body", "")[:BODY_LENGTH_MAX],
            },
        )
        if form.is_valid():
            try:
                ticket = _open(request, form.cleaned_data)
            except DomainError as refusal:
                form.add_error(None, show_refusal(refusal))
            else:
                text = _("%(number)s is open.") % {"number": ticket.shown_number}
                self.message_user(request, text, messages.SUCCESS)
                return redirect("admin:support_tickets_ticket_change", ticket.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Open a ticket"),
            "form": form,
            "media": self.media + form.media,
            "back_url": reverse("admin:support_tickets_ticket_changelist"),
        }
        return TemplateResponse(request, "admin/form_page.html", context)


def _open(request: HttpRequest, values: dict[str, Any]) -> Ticket:
    about, merchant = values["about"], values["merchant"]
    if merchant is None and about is not None and about.merchant_id:
        merchant = Merchant.objects.filter(pk=about.merchant_id).first()
    order = TicketOrder(
        requester_kind=RequesterKind(values["requester_kind"]),
        merchant_id=merchant.pk if merchant else None,
        livemode=about.livemode if about else True,
        subject=values["subject"],
        body=values["body"],
        category=values["category"],
        priority=values["priority"],
        # Staff write among themselves in their own language.
        language=merchant.language if merchant else translation.get_language()[:2],
        contact=values["contact"],
        country=merchant.country if merchant else "",
        about=about,
    )
    return open_ticket(order, author=author_of(request), channel=Channel.ADMIN, now=timezone.now())
