"""Providers' callbacks: here, where it is known what became of each and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core import database_clock
from apps.core.admin import (
    DayRangeFilter,
    ReadOnlyAdmin,
    read_public_id,
    show_block,
    show_label,
    show_time,
)
from apps.core.public_ids import encode_id
from apps.orchestration.rules.notes import shown_note
from apps.providers.admin import ConnectorFilter
from apps.providers.models import Callback
from apps.providers.selectors.accounts import account_by_id
from apps.providers.services.store_callback import BODY_CONTEXT
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt
from apps.vault.masked_text import mask_text

CALLBACK_COLOURS: Mapping[str, str] = {
    Callback.Status.RECEIVED: "info",
    Callback.Status.HANDLED: "success",
    Callback.Status.REJECTED: "danger",
}


@admin.register(Callback)
class CallbackAdmin(ReadOnlyAdmin):
    list_display = ["received", "connector", "attempt_shown", "status_shown", "note_shown"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ConnectorFilter,
        ("received_at", DayRangeFilter),
    ]
    search_fields = ["attempt_id"]
    search_help_text = _("The id of an attempt, att_…")
    fields = [
        "received", "connector", "attempt_shown", "account_shown", "method", "content_type",
        "status_shown", "note_shown", "handled", "body",
    ]  # fmt: skip
    readonly_fields = fields

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        if response.status_code == 200:
            record(
                actor=actor_of(request),
                action="callback.read_body",
                target=object_id,
                now=database_clock.now(),
            )
        return response

    def matching(self, text: str) -> Q:
        attempt_id = read_public_id("att", text)
        return super().matching(str(attempt_id) if attempt_id else text)

    @display(description=_("received"))
    def received(self, callback: Callback) -> str:
        return show_time(callback.received_at)

    @display(description=_("handled"))
    def handled(self, callback: Callback) -> str:
        return show_time(callback.handled_at)

    @display(description=_("attempt"))
    def attempt_shown(self, callback: Callback) -> str:
        return encode_id("att", callback.attempt_id) if callback.attempt_id else ""

    @display(description=_("provider account"))
    def account_shown(self, callback: Callback) -> str:
        account_id = callback.provider_account_id
        account = account_by_id(account_id) if account_id else None
        return account.label if account else ""

    @display(description=_("status"))
    def status_shown(self, callback: Callback) -> SafeString:
        colour = CALLBACK_COLOURS.get(callback.status, "")
        return show_label(callback.get_status_display(), colour)

    @display(description=_("note"))
    def note_shown(self, callback: Callback) -> str:
        return shown_note(callback.note)

    @display(description=_("body, numbers masked"))
    def body(self, callback: Callback) -> object:
        try:
            text = decrypt(callback.body_encrypted, context=BODY_CONTEXT, row_id=callback.pk)
        except (DecryptionFailed, EncryptionKeyMissing) as error:
            return _("It does not open: %(reason)s") % {"reason": error}
        # Any byte may come: each was kept as one character.
        return show_block(mask_text(text.encode("latin-1").decode("utf-8", "replace")))
