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
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.core.admin import ReadOnlyAdmin, show_refusal
from apps.core.errors import DomainError

# Does it with what was typed, and says what was done.
Act = Callable[[dict[str, Any]], str]


class FormPages(ReadOnlyAdmin):
    """`change` permission of the model, where an admin does not say otherwise: who may act. Who may
    only view sees no button."""

    def may_act(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def form_page(
        self,
        request: HttpRequest,
        form: forms.Form,
        act: Act,
        *,
        title: str | Promise,
        back: str,
        button: str | Promise = "",
        facts: Iterable[str] = (),
    ) -> HttpResponse:
        """The form, below the facts it is about; sent and valid, `act` is done. A refusal stands
        at the field it is about."""
        if not self.may_act(request):
            raise PermissionDenied
        if form.is_valid():
            try:
                said = act(form.cleaned_data)
            except DomainError as refusal:
                field_name = refusal.field if refusal.field in form.fields else None
                form.add_error(field_name, show_refusal(refusal))
            else:
                self.message_user(request, said, messages.SUCCESS)
                return redirect(back)
        return self.show_form(request, form, title=title, back=back, button=button, facts=facts)

    def show_form(
        self,
        request: HttpRequest,
        form: forms.Form,
        *,
        title: str | Promise,
        back: str,
        button: str | Promise = "",
        facts: Iterable[str] = (),
    ) -> HttpResponse:
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


class RowsWithActs(FormPages):
    """A row's page is called as the row, and the row knows whether its reader may act."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        kwargs["obj"].may_act = self.may_act(request)
        context["title"] = str(kwargs["obj"])
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response


def show_buttons(links: Iterable[tuple[str, str | Promise]]) -> SafeString | str:
    """Links as buttons, side by side or below each other as there is room."""
    return show_acts(
        format_html('<a class="lomi-button" href="{}">{}</a>', page, text) for page, text in links
    )


def show_acts(buttons: Iterable[SafeString]) -> SafeString | str:
    found = format_html_join("", "{}", ((one,) for one in buttons))
    return format_html('<div class="lomi-actions">{}</div>', found) if found else "–"
