"""The page on which finance fetches the journal of a month."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core import database_clock
from apps.core.attachment import attachment
from apps.core.money import EXPONENTS
from apps.core.month_field import MonthField
from apps.core.visible_rows import sees_all
from apps.ledger.models import Transfer
from apps.ledger.services.build_journal import KINDS, build_journal


class JournalForm(forms.Form):
    month = MonthField(label=_("month"))
    currency = forms.ChoiceField(
        label=_("currency"),
        choices=[(one, one) for one in sorted(EXPONENTS, reverse=True)],
        widget=UnfoldAdminSelectWidget,
    )
    mode = forms.ChoiceField(
        label=_("mode"),
        choices=[("live", _("live")), ("test", _("test"))],
        widget=UnfoldAdminSelectWidget,
    )
    format = forms.ChoiceField(
        label=_("file"),
        choices=[(one, one.upper()) for one in KINDS],
        widget=UnfoldAdminSelectWidget,
    )


def journal_page(request: HttpRequest) -> HttpResponse:
    """Of all merchants and rails: nobody fetches it whose roles show only some."""
    if not request.user.has_perm("ledger.view_transfer"):
        raise PermissionDenied
    if not sees_all(request.user, Transfer.objects.all()):
        raise PermissionDenied
    form = JournalForm(request.POST or None)
    if form.is_valid():
        said: dict[str, Any] = form.cleaned_data
        file = build_journal(
            month=said["month"],
            currency=said["currency"],
            livemode=said["mode"] == "live",
            kind=said["format"],
        )
        record(
            actor=actor_of(request),
            action="journal.fetch",
            target=file.name,
            detail={},
            now=database_clock.now(),
        )
        return attachment(file.content, name=file.name, content_type=file.content_type)
    context = {
        **admin.site.each_context(request),
        "title": _("Journal of a month"),
        "button": _("Fetch"),
        "form": form,
        "media": form.media,
        "back_url": reverse("admin:ledger_transfer_changelist"),
    }
    return TemplateResponse(request, "admin/form_page.html", context)
