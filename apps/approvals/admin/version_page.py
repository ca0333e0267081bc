"""The page on which a version is typed, tried, and asked for exactly as it was shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.approvals.admin.asking import ReasonForm, ask_second_person, read_shown, sign_shown
from apps.core.admin import show_refusal
from apps.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class VersionKind:
    """What a kind of version says of itself once.

    `action`: what a second person approves, of config/approvable_actions.py. `owner_key`: what of
    its payload is the id of whose version it is. `template` extends approvals/version_page.html,
    and shows the trial in its block `tried`.
    """

    action: str
    owner_key: str
    template: str


@dataclass(frozen=True, slots=True)
class Tried:
    """A version as it was typed and tried. `payload`: what would be asked for; None: it cannot be.
    `words`: the version, beside the one that it replaces. `trial`: what its template shows."""

    payload: Mapping[str, Any] | None
    words: Sequence[str] = ()
    trial: Mapping[str, Any] = field(default_factory=dict)


def version_page(
    admin: ModelAdmin[Any],
    request: HttpRequest,
    kind: VersionKind,
    owner: Any,
    *,
    form: Any,
    lines: Any = None,
    try_it: Callable[[], Tried | None],
    title: str | Promise,
    back: str,
    **context: Any,
) -> HttpResponse:
    """The form; sent and valid, what `try_it` makes of it; and what was shown is asked for, to go
    `back` then. Nothing is saved here.

    Args:
        lines: a formset above the form, where there is one.
        context: what the template shows beside.
    """
    if "shown" in request.POST:
        return _ask(request, kind, owner, back=back)
    tried = None
    forms = [form] if lines is None else [lines, form]
    # Each of them says what is wrong with it.
    if request.method == "POST" and False not in [each.is_valid() for each in forms]:
        try:
            tried = try_it()
        except DomainError as refusal:
            field_name = refusal.field if refusal.field in form.fields else None
            form.add_error(field_name, show_refusal(refusal))
    payload = tried.payload if tried is not None else None
    return TemplateResponse(
        request,
        kind.template,
        {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "title": title,
            "form": form,
            "lines": lines,
            "tried": tried,
            "shown": sign_shown(payload, salt=kind.action) if payload is not None else "",
            "reason_form": ReasonForm(),
            "media": sum((each.media for each in forms), admin.media),
            "back_url": back,
            **context,
        },
    )


def _ask(request: HttpRequest, kind: VersionKind, owner: Any, *, back: str) -> HttpResponse:
    """Ask a second person for exactly what was shown, of this owner."""
    payload = read_shown(request, salt=kind.action)
    if payload is None or payload[kind.owner_key] != str(owner.pk):
        messages.error(request, _("This was shown too long ago. Try it again."))
        return redirect(request.get_full_path())
    is_asked = ask_second_person(
        request,
        action=kind.action,
        target=owner.public_id,
        payload=payload,
        reason=request.POST.get("reason", ""),
    )
    return redirect(back if is_asked else request.get_full_path())
