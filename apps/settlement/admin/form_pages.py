"""One form on a page of its own, which does one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from apps.approvals.admin.asking import ReasonForm
from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import ReadOnlyAdmin, show_refusal
from apps.core.errors import DomainError
from apps.settlement.admin.shown import show_failure
from apps.settlement.models import Settlement, SettlementCycle
from apps.settlement.services.try_again import try_again

# Does it with what was typed, and says what was done.
Act = Callable[[dict[str, Any]], str]


class FormPages(ReadOnlyAdmin):
    """`change` permission of the model: who may act. Who may only view sees no button."""

    def may_act(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def form_page(
        self,
        request: HttpRequest,
        make_form: Callable[..., forms.Form],
        act: Act,
        *,
        title: str | Promise,
        back: str,
        button: str | Promise = "",
        facts: Iterable[str] = (),
    ) -> HttpResponse:
        """The form, below the facts it is about; sent and valid, `act` is done. A refusal stands
        on the form."""
        if not self.may_act(request):
            raise PermissionDenied
        form = make_form(request.POST or None, request.FILES or None)
        for field in form.fields.values():
            field.label = capfirst(str(field.label))
        if form.is_valid():
            try:
                said = act(form.cleaned_data)
            except DomainError as refusal:
                form.add_error(None, show_refusal(refusal))
            else:
                self.message_user(request, said, messages.SUCCESS)
                return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "button": button or title,
            "form": form,
            "facts": facts,
            "media": self.media + form.media,
            "back_url": back,
        }
        return TemplateResponse(request, "admin/facts_form_page.html", context)

    def try_again_page(
        self, request: HttpRequest, row: SettlementCycle | Settlement, *, back: str
    ) -> HttpResponse:
        """For what failed too often: it is tried again, with a reason."""

        def act(said: dict[str, Any]) -> str:
            try_again(
                type(row),
                row.pk,
                reason=said["reason"],
                actor=actor_of(request),
                now=database_clock.now(),
            )
            return str(_("It is tried again now."))

        facts = [row.merchant.name, show_failure(row)]
        return self.form_page(
            request, ReasonForm, act, title=_("Try again"), back=back, facts=facts
        )
