"""The page on which finance fetches the journal of a month."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core.money import EXPONENTS
from apps.core.visible_rows import sees_all
from apps.ledger.models import Transfer
from apps.ledger.services.build_journal import KINDS, build_journal

MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)


class JournalForm(forms.Form):
    month = forms.CharField(
        label=_("month"),
        help_text=_("Year and month, as in 2026-01."),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2026-01"}),
    )
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

    def clean_month(self) -> date:
        found = MONTH.fullmatch(self.cleaned_data["month"].strip())
        if not found:
            raise forms.ValidationError(_("Write it as 2026-01."))
        return date(int(found[1]), int(found[2]), 1)


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
            now=timezone.now(),
        )
        answer = HttpResponse(file.content, content_type=file.content_type)
        answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
        return answer
    context = {
        **admin.site.each_context(request),
        "title": _("Journal of a month"),
        "button": _("Fetch"),
        "form": form,
        "media": form.media,
        "back_url": reverse("admin:ledger_transfer_changelist"),
    }
    return TemplateResponse(request, "admin/form_page.html", context)
