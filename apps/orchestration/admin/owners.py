"""The page and the actions that every owner of attempts has: a payment, a refund, a payout."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
)
from unfold.decorators import display

from apps.approvals.admin.shown import waiting_cards
from apps.approvals.selectors.pending_for import pending_for
from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core import database_clock
from apps.core.admin import (
    DayRangeFilter,
    pretty_json,
    read_public_id,
    read_uuid,
    related,
    show_block,
    show_choice,
    show_label,
    show_lines,
    show_mode,
    show_money,
    show_refusal,
    show_time,
    show_two,
)
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.core.visible_rows import visible_rows
from apps.orchestration.admin.look_up import LooksUp
from apps.orchestration.admin.timeline import own_text, shown_timeline, warnings_of
from apps.orchestration.models import Attempt, StatusChange
from apps.orchestration.rules import outgoing_status
from apps.orchestration.rules.owners import owner_of
from apps.orchestration.selectors.attempts_to_ask import attempts_to_ask
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.providers.admin import ConnectorFilter
from apps.providers.contract import ConnectorError
from apps.providers.models import ProviderAccount
from apps.providers.registry import PROFILES
from apps.providers.rules.phone_numbers import OPERATOR_NAMES
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing
from apps.vault.masked_text import mask_text
from apps.webhooks.listening import EndpointNotListening
from apps.webhooks.models import Delivery
from apps.webhooks.services.resend_delivery import resend_delivery

# Each question to a provider may take its whole timeout, and a person is waiting.
ASKED_AT_ONCE_MAX = 20

MERCHANT = related("merchant", _("merchant"))

# Why an account was not asked, as apps.routing.rules.candidates keeps it. What could never serve
# is kept in older rows alone.
ROUTING_REASONS: Mapping[str, str | Promise] = {
    "kept": _("usable"),
    "no connector": _("no connector"),
    "other mode": _("other mode"),
    "another merchant's": _("another merchant’s"),
    "the platform's money": _("the platform’s money"),
    "closed by staff": _("closed by staff"),
    "cannot collect": _("cannot collect"),
    "cannot disburse": _("cannot disburse"),
    "cannot refund": _("cannot refund"),
    "other operator": _("other operator"),
    "other currency": _("other currency"),
    "amount too small": _("amount too small"),
    "amount too large": _("amount too large"),
}


class ProviderFilter(ConnectorFilter):
    field = "provider"


class MerchantFilter(AutocompleteSelectFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("merchant")

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            # It shows the name of whichever id the address has.
            field = choice["form"].fields[self.lookup_kwarg]
            field.queryset = visible_rows(self.request.user, field.queryset.all())
            yield choice


# Of what sends money out: refunds and payouts.
OUTGOING_COLOURS: Mapping[str, str] = {
    outgoing_status.NEEDS_APPROVAL: "warning",
    outgoing_status.PENDING: "info",
    outgoing_status.PROCESSING: "info",
    outgoing_status.VERIFYING: "warning",
    outgoing_status.SUCCEEDED: "success",
    outgoing_status.FAILED: "danger",
    outgoing_status.CANCELED: "danger",
}


class OwnerAdmin(LooksUp):
    """Rows of one type of owner. What a subclass says of its own: the table below, `statuses`,
    `sentence_of`, and which rows a text finds."""

    # Statuses -> their colours.
    colours: Mapping[str, str] = {}
    statuses: Any
    # The field with the masked number.
    number_field = ""
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ProviderFilter,
        ("merchant", MerchantFilter),
        ("livemode", BooleanRadioFilter),
        ("created_at", DayRangeFilter),
    ]
    list_select_related = ["merchant"]
    search_fields = ["id"]
    change_form_template = "admin/orchestration/owner_form.html"
    actions: Sequence[Any] = ["ask_provider", "resend_webhooks"]
    actions_without_step_up = actions

    def sentence_of(self, owner: Any) -> str | Promise:
        """What its status means, for whoever has the merchant on the telephone."""
        raise NotImplementedError

    def buttons(self, request: HttpRequest, owner: Any) -> list[tuple[Any, str]]:
        """What else may be done with it, each with the address of its page."""
        return []

    @display(description=_("provider"))
    def provider_shown(self, owner: Any) -> str:
        profile = PROFILES.get(owner.provider)
        return profile.name if profile else owner.provider or "–"

    @display(description=_("operator"))
    def operator_shown(self, owner: Any) -> str:
        return OPERATOR_NAMES.get(owner.operator, owner.operator) or "–"

    # --- Actions

    def has_ask_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_delivery")

    @admin.action(description=_("Ask the provider what became of it"), permissions=["ask"])
    def ask_provider(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        owners = self._chosen(request, queryset)
        for owner in owners:
            attempts = attempts_to_ask(owner.pk)
            if not attempts:
                text = _("%(id)s: it is paid or was never sent; there is nothing to ask.")
                self.message_user(request, text % {"id": owner.public_id}, messages.WARNING)
                continue
            now = database_clock.now()
            record(
                actor=actor_of(request),
                action=f"{self.owner_type}.ask_provider",
                target=owner.public_id,
                now=now,
            )
            try:
                for attempt in attempts:
                    # Without a time: the answer comes when it comes.
                    asked = refresh_attempt(attempt_id=attempt.pk, source=StatusChange.Source.STAFF)
            except (ConnectorError, DomainError) as error:
                text = _("%(id)s: the provider gave no answer: %(reason)s")
                said = show_refusal(error) if isinstance(error, DomainError) else str(error)
                reason = mask_text(said, msisdn=self.number_of(owner))
                self.message_user(
                    request, text % {"id": owner.public_id, "reason": reason}, messages.ERROR
                )
                continue
            self.message_user(
                request, f"{asked.public_id}: {asked.get_status_display()}", messages.SUCCESS
            )
        return self._back(request, owners)

    @admin.action(description=_("Resend webhooks"), permissions=["resend"])
    def resend_webhooks(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        owners = self._chosen(request, queryset)
        now = database_clock.now()
        count = 0
        for owner in owners:
            for delivery in Delivery.objects.filter(event__object_id=owner.pk):
                with contextlib.suppress(EndpointNotListening):
                    resend_delivery(delivery_id=delivery.pk, actor=actor_of(request), now=now)
                    count += 1
            record(
                actor=actor_of(request),
                action=f"{self.owner_type}.resend_webhooks",
                target=owner.public_id,
                now=now,
            )
        text = ngettext("%d webhook will be sent again.", "%d webhooks will be sent again.", count)
        self.message_user(request, text % count, messages.SUCCESS if count else messages.WARNING)
        return self._back(request, owners)

    def _chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        owners = list(queryset[: ASKED_AT_ONCE_MAX + 1])
        if len(owners) > ASKED_AT_ONCE_MAX:
            text = _("Choose at most %d at once. Nothing was done.")
            self.message_user(request, text % ASKED_AT_ONCE_MAX, messages.ERROR)
            return []
        return owners

    def _back(self, request: HttpRequest, owners: list[Any]) -> HttpResponse | None:
        """To its own page, when its button was pressed there."""
        if "_from_page" in request.POST and len(owners) == 1:
            return redirect(owner_of(self.owner_type).admin_page, owners[0].pk)
        return None

    # --- Search

    def matching(self, text: str) -> Q:
        found = read_public_id(self.public_id_prefix, text)
        if found is not None:
            return Q(pk=found)
        attempt_id = read_public_id("att", text)
        reference = read_uuid(text)
        if attempt_id is None and reference is None:
            return self.matching_text(text)
        named = Q(pk=attempt_id) if attempt_id else Q(reference=reference)
        ids = Attempt.objects.filter(named).values_list("owner_id", flat=True)
        return Q(pk=reference) | Q(pk__in=list(ids))

    def matching_text(self, text: str) -> Q:
        """The rows that a reference or a number finds."""
        raise NotImplementedError

    # --- The page

    def number_of(self, owner: Any) -> str:
        """The number asked or paid, to find it in texts and hide it there; "" when it does not
        open."""
        try:
            return owner_of(self.owner_type).counterparty(owner)
        except (DecryptionFailed, EncryptionKeyMissing):
            return ""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        owner = kwargs["obj"]
        attempts = list(owner.attempts.select_related("provider_account").order_by("id"))
        page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        msisdn = self.number_of(owner)
        context |= {
            "title": owner.public_id,
            "owner": owner,
            "counterparty": getattr(owner, self.number_field),
            "money": Money(owner.amount, owner.currency),
            "status": self.status_shown(owner),
            "mode": self.mode(owner),
            "sentence": self.sentence_of(owner),
            "warnings": warnings_of(attempts, msisdn=msisdn, zone=owner.merchant.timezone),
            "zone": owner.merchant.timezone,
            "timeline": shown_timeline(
                owner.pk,
                attempts,
                msisdn=msisdn,
                currency=owner.currency,
                moved=self._moved,
                reader=request.user,
            ),
            # The search makes the action find one of any age.
            "action_url": f"{page}?q={owner.public_id}",
            "may_ask": self.has_ask_permission(request) and bool(attempts_to_ask(owner.pk)),
            "may_resend": self.has_resend_permission(request),
            "buttons": self.buttons(request, owner),
            "approvals": waiting_cards(request, pending_for(owner.public_id))
            if owner.status == outgoing_status.NEEDS_APPROVAL
            else [],
        }
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def _moved(self, status: str, source: str) -> str:
        return _("%(what)s: %(status)s (%(source)s)") % {
            "what": str(self.opts.verbose_name).capitalize(),
            "status": self.statuses(status).label,
            "source": source,
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        owners: QuerySet[Any] = super().get_queryset(request)
        return owners.select_related("merchant")

    # --- Columns

    @display(description=_("id"))
    def public_id(self, owner: Any) -> str:
        return str(owner.public_id)

    @display(description=_("id"))
    def id_and_time(self, owner: Any) -> SafeString:
        return show_two(owner.public_id, show_time(owner.created_at))

    @display(description=_("mode"))
    def mode(self, owner: Any) -> SafeString:
        return show_mode(owner.livemode)

    @display(description=_("amount"))
    def money(self, owner: Any) -> str:
        return show_money(owner.amount, owner.currency)

    @display(description=_("fee"))
    def fee_shown(self, owner: Any) -> str:
        fee = show_money(owner.fee, owner.currency)
        if not owner.fee_tax:
            return fee
        text = _("%(fee)s, and %(tax)s tax on it")
        return text % {"fee": fee, "tax": show_money(owner.fee_tax, owner.currency)}

    @display(description=_("status"))
    def status_shown(self, owner: Any) -> SafeString:
        return show_label(
            show_choice(self.statuses, owner.status), self.colours.get(owner.status, "")
        )

    @display(description=_("created"))
    def created(self, owner: Any) -> str:
        return show_time(owner.created_at, owner.merchant.timezone)

    @display(description=_("completed"))
    def completed(self, owner: Any) -> str:
        return show_time(owner.completed_at, owner.merchant.timezone)

    @display(description=_("reference"))
    def merchant_reference_shown(self, owner: Any) -> str:
        return own_text(owner.merchant_reference, msisdn=self.number_of(owner))

    @display(description=_("description"))
    def description_shown(self, owner: Any) -> str:
        return own_text(owner.description, msisdn=self.number_of(owner))

    @display(description=_("metadata"))
    def metadata_shown(self, owner: Any) -> str | SafeString:
        if not owner.metadata:
            return "–"
        return show_block(mask_text(pretty_json(owner.metadata), msisdn=self.number_of(owner)))

    @display(description=_("routing"))
    def candidates_shown(self, owner: Any) -> SafeString:
        """The accounts looked at, the best first, and why each was kept or not."""
        accounts = ProviderAccount.objects.in_bulk([one["account"] for one in owner.candidates])
        labels = {str(pk): account.label for pk, account in accounts.items()}
        return show_lines(
            [
                _("%(place)d. %(account)s: %(reason)s")
                % {
                    "place": place,
                    "account": labels.get(one["account"], one["provider"]),
                    "reason": ROUTING_REASONS.get(one["reason"], one["reason"]),
                }
                for place, one in enumerate(owner.candidates, start=1)
            ]
        )
