"""The page on which a provider account is asked for: first its connector, then all the rest."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.approvals.admin.asking import ask_second_person
from apps.core import database_clock
from apps.core.public_ids import encode_id, new_id_at
from apps.core.visible_rows import sees_all
from apps.providers.models import ProviderAccount
from apps.providers.rules.account_order import OPEN, RIGHTS
from apps.providers.services.stage_credentials import stage_credentials
from apps.providers.staff.account_forms import ConnectorForm, OpenAccountForm


def open_account_page(request: HttpRequest) -> HttpResponse:
    # A role that is bound to a country or to merchants opens nothing beside them.
    if not request.user.has_perms(RIGHTS) or not sees_all(
        request.user, ProviderAccount.objects.all()
    ):
        raise PermissionDenied
    back = reverse("admin:providers_provideraccount_changelist")
    context = {
        **admin.site.each_context(request),
        "title": _("Open a provider account"),
        "back_url": back,
    }
    chosen = ConnectorForm(request.GET or None)
    if not chosen.is_valid():
        context |= {"form": chosen, "method": "get", "button": _("Go on"), "media": chosen.media}
        return TemplateResponse(request, "admin/form_page.html", context)
    form = OpenAccountForm(
        chosen.cleaned_data["connector"],
        request.POST or None,
        initial={"account_id": new_id_at(database_clock.now())},
    )
    if form.is_valid() and _is_asked(request, form):
        return redirect(back)
    context |= {"form": form, "button": _("Ask a second person"), "media": form.media}
    return TemplateResponse(request, "staff/providers/open_account_page.html", context)


def _is_asked(request: HttpRequest, form: OpenAccountForm) -> bool:
    now = database_clock.now()
    account_id = form.cleaned_data["account_id"]
    with transaction.atomic():
        staged = stage_credentials(
            account_id=account_id,
            connector=form.connector,
            credentials=form.credentials(),
            now=now,
        )
        is_asked = ask_second_person(
            request,
            form=form,
            action=OPEN,
            target=encode_id("pa", account_id),
            payload={**form.account_order().as_payload(), **staged},
            reason=form.cleaned_data["reason"],
            now=now,
        )
        # What nobody is asked about is not kept either.
        transaction.set_rollback(not is_asked)
    return is_asked
