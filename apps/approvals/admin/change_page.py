from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.approvals.admin.asking import ReasonForm, ask_second_person
from apps.approvals.admin.shown import waiting_cards
from apps.approvals.selectors.pending_for import pending_for


def change_page(
    request: HttpRequest,
    row: Any,
    *,
    action: str,
    form: ReasonForm,
    payload: Callable[[], Mapping[str, Any]],
    title: str | Promise,
    now: Sequence[str | Promise],
    target: str = "",
) -> HttpResponse:
    """The page of one value of a row that two people change: what holds and what it means, what
    waits for a decision already, and the form that asks for another.

    Args:
        payload: of the valid form.
        now: what holds, and for what another would hold.
        target: of a row that has no public id.
    """
    target = target or row.public_id
    back = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    if form.is_valid() and ask_second_person(
        request,
        form=form,
        action=action,
        target=target,
        payload=payload(),
        reason=form.cleaned_data["reason"],
    ):
        return redirect(back)
    context = {
        **admin.site.each_context(request),
        "title": title,
        "now": now,
        "approvals": waiting_cards(request, pending_for(target, actions=[action])),
        "button": _("Ask a second person"),
        "form": form,
        "media": form.media,
        "back_url": back,
    }
    return TemplateResponse(request, "approvals/change_page.html", context)
