from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from apps.core.admin import (
    DayRangeFilter,
    pretty_json,
    related,
    show_block,
    show_label,
    show_time,
    show_two,
)
from apps.merchants.selectors.merchant_by_id import merchant_by_id
from apps.orchestration.admin.contradiction import counterparty_of, shown_contradiction
from apps.orchestration.admin.decisions import DecidedByTwo
from apps.orchestration.models import Attempt, AttemptStatus
from apps.orchestration.rules.owners import owner_of
from apps.orchestration.selectors.load_attempts import with_owners
from apps.providers.admin import AccountFilter
from apps.providers.models import ProviderAccount
from apps.vault.masked_text import mask_text

ATTEMPT_COLOURS: Mapping[str, str] = {
    AttemptStatus.SUBMITTED: "info",
    AttemptStatus.PENDING: "info",
    AttemptStatus.REQUIRES_ACTION: "info",
    AttemptStatus.AUTHORIZED: "primary",
    AttemptStatus.UNKNOWN: "warning",
    AttemptStatus.SUCCEEDED: "success",
    AttemptStatus.FAILED: "danger",
}

ACCOUNT = related("provider_account", _("provider account"))


@admin.register(Attempt)
class AttemptAdmin(DecidedByTwo):
    public_id_prefix = "att"
    list_display = ["ids", "account_and_reference", "status_shown", "person", "times"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("needs_person", BooleanRadioFilter),
        ("provider_account", AccountFilter),
        ("created_at", DayRangeFilter),
    ]
    list_select_related = ["provider_account"]
    search_fields = ["id", "reference"]
    search_help_text = _("Exactly: the id att_…, our reference, or the provider's.")
    fields = [
        "public_id", "owner_shown", ACCOUNT, "operation", "status_shown", "failure_code",
        "contradiction_shown", "reference", "statement_reference", "provider_reference",
        "needs_person", "checks", "created", "submitted", "next_check", "completed", "raw_shown",
    ]  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        attempts: QuerySet[Attempt] = super().get_queryset(request)
        return attempts.select_related(*self.list_select_related)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = with_owners(list(changelist.result_list))
        return changelist

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Attempt | None:
        attempt = super().get_object(request, object_id, from_field)
        return next(iter(with_owners([attempt])), None) if attempt else None

    def matching(self, text: str) -> Q:
        return super().matching(text) | Q(
            provider_account__in=list(ProviderAccount.objects.values_list("pk", flat=True)),
            provider_reference=text,
        )

    @display(description=_("id"))
    def public_id(self, attempt: Attempt) -> str:
        return attempt.public_id

    @display(description=_("attempt"))
    def ids(self, attempt: Attempt) -> SafeString:
        return show_two(attempt.public_id, attempt.owner.public_id)

    @display(description=_("provider"))
    def account_and_reference(self, attempt: Attempt) -> SafeString:
        return show_two(attempt.provider_account, attempt.provider_reference)

    @display(description=_("made for"))
    def owner_shown(self, attempt: Attempt) -> SafeString:
        url = reverse(owner_of(attempt.owner_type).admin_page, args=[attempt.owner_id])
        return format_html('<a href="{}">{}</a>', url, attempt.owner.public_id)

    @display(description=_("status"))
    def status_shown(self, attempt: Attempt) -> SafeString:
        colour = ATTEMPT_COLOURS.get(attempt.status, "")
        return show_label(attempt.get_status_display(), colour)

    @display(description=_("needs a person"))
    def person(self, attempt: Attempt) -> str:
        return show_label(_("yes"), "warning") if attempt.needs_person else "–"

    @display(description=_("contradiction"))
    def contradiction_shown(self, attempt: Attempt) -> str:
        return shown_contradiction(attempt)

    @display(description=_("created, next check"))
    def times(self, attempt: Attempt) -> SafeString:
        return show_two(show_time(attempt.created_at), show_time(attempt.next_check_at))

    @display(description=_("created"))
    def created(self, attempt: Attempt) -> str:
        return show_time(attempt.created_at, _zone(attempt))

    @display(description=_("submitted"))
    def submitted(self, attempt: Attempt) -> str:
        return show_time(attempt.submitted_at, _zone(attempt))

    @display(description=_("next check"))
    def next_check(self, attempt: Attempt) -> str:
        return show_time(attempt.next_check_at, _zone(attempt))

    @display(description=_("completed"))
    def completed(self, attempt: Attempt) -> str:
        return show_time(attempt.completed_at, _zone(attempt))

    @display(description=_("raw answer, numbers masked"))
    def raw_shown(self, attempt: Attempt) -> str | SafeString:
        if not attempt.raw:
            return "–"
        keep = {attempt.provider_reference, attempt.statement_reference}
        return show_block(
            mask_text(pretty_json(attempt.raw), msisdn=counterparty_of(attempt), keep=keep)
        )


def _zone(attempt: Attempt) -> str:
    return merchant_by_id(attempt.owner.merchant_id).timezone
