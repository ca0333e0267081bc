"""The page on which new credentials are asked for: as when the provider has changed its keys."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.approvals.admin.asking import ask_second_person
from apps.approvals.admin.shown import waiting_cards
from apps.approvals.selectors.pending_for import pending_for
from apps.core import database_clock
from apps.core.visible_rows import visible_rows
from apps.providers.models import ProviderAccount
from apps.providers.registry import CREDENTIAL_FIELDS, credentials_fingerprint
from apps.providers.rules.account_order import NEW_CREDENTIALS, RIGHTS
from apps.providers.selectors.shown_settings import shown_settings
from apps.providers.services.stage_credentials import stage_credentials
from apps.providers.staff.account_forms import NewCredentialsForm


def credentials_page(request: HttpRequest, account_id: UUID) -> HttpResponse:
    if not request.user.has_perms(RIGHTS):
        raise PermissionDenied
    account = get_object_or_404(
        visible_rows(request.user, ProviderAccount.objects.all()), pk=account_id
    )
    if account.connector not in CREDENTIAL_FIELDS:
        # Of a connector that is no longer there.
        raise Http404
    back = reverse("admin:providers_provideraccount_change", args=[account.pk])
    form = NewCredentialsForm(
        account,
        request.POST or None,
        initial={"fingerprint_before": credentials_fingerprint(account).hex()},
    )
    if form.is_valid() and _is_asked(request, account, form):
        return redirect(back)
    context = {
        **admin.site.each_context(request),
        "title": _("New credentials of %(name)s") % {"name": account},
        "approvals": waiting_cards(
            request, pending_for(account.public_id, actions=[NEW_CREDENTIALS])
        ),
        "button": _("Ask a second person"),
        "form": form,
        "media": form.media,
        "back_url": back,
    }
    return TemplateResponse(request, "staff/providers/credentials_page.html", context)


def _is_asked(request: HttpRequest, account: ProviderAccount, form: NewCredentialsForm) -> bool:
    now = database_clock.now()
    with transaction.atomic():
        staged = stage_credentials(
            account_id=account.pk,
            connector=account.connector,
            credentials=form.credentials(),
            now=now,
        )
        is_asked = ask_second_person(
            request,
            form=form,
            action=NEW_CREDENTIALS,
            target=account.public_id,
            payload={
                **staged,
                "fingerprint_before": form.cleaned_data["fingerprint_before"],
                "settings_before": shown_settings(account),
            },
            reason=form.cleaned_data["reason"],
            now=now,
        )
        # What nobody is asked about is not kept either.
        transaction.set_rollback(not is_asked)
    return is_asked
