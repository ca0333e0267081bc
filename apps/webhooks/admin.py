from __future__ import annotations

import json
from collections.abc import Mapping

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core.admin import (
    DayRangeFilter,
    ReadOnlyAdmin,
    pretty_json,
    read_public_id,
    related,
    show_block,
    show_label,
    show_long,
    show_mode,
    show_time,
    show_two,
)
from apps.vault.masked_text import mask_text
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.services.resend_delivery import resend_delivery

MERCHANT = related("merchant", _("merchant"))
EVENT = related("event", _("event"))
ENDPOINT = related("endpoint", _("webhook endpoint"))

DELIVERY_COLOURS: Mapping[str, str] = {
    Delivery.Status.PENDING: "info",
    Delivery.Status.DELIVERED: "success",
    Delivery.Status.FAILED: "danger",
}


@admin.register(Endpoint)
class EndpointAdmin(ReadOnlyAdmin):
    public_id_prefix = "we"
    list_display = ["url_shown", MERCHANT, "mode", "events", "is_enabled"]
    list_filter = ["livemode", "is_enabled"]
    list_select_related = ["merchant"]
    search_fields = ["id", "url"]
    search_help_text = _("Exactly the URL, or the id we_…")
    fields = ["public_id", MERCHANT, "url", "mode", "events", "is_enabled", "created"]
    readonly_fields = fields

    @display(description=_("URL"))
    def url_shown(self, endpoint: Endpoint) -> SafeString:
        return show_long(endpoint.url)

    @display(description=_("id"))
    def public_id(self, endpoint: Endpoint) -> str:
        return endpoint.public_id

    @display(description=_("mode"))
    def mode(self, endpoint: Endpoint) -> SafeString:
        return show_mode(endpoint.livemode)

    @display(description=_("events"))
    def events(self, endpoint: Endpoint) -> object:
        return ", ".join(endpoint.event_types) or _("all")

    @display(description=_("created"))
    def created(self, endpoint: Endpoint) -> str:
        return show_time(endpoint.created_at)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    public_id_prefix = "evt"
    list_display = ["public_id", "type", MERCHANT, "mode", "sequence", "created"]
    list_filter = ["livemode", ("created_at", DayRangeFilter)]
    list_select_related = ["merchant"]
    search_fields = ["id", "object_id"]
    search_help_text = _("The id of the event, evt_…, or of the payment it tells of, pay_…")
    fields = ["public_id", "type", MERCHANT, "mode", "sequence", "created", "body_shown"]
    readonly_fields = fields

    def matching(self, text: str) -> Q:
        payment_id = read_public_id("pay", text)
        return super().matching(str(payment_id) if payment_id else text)

    @display(description=_("id"))
    def public_id(self, event: Event) -> str:
        return event.public_id

    @display(description=_("mode"))
    def mode(self, event: Event) -> SafeString:
        return show_mode(event.livemode)

    @display(description=_("created"))
    def created(self, event: Event) -> str:
        return show_time(event.created_at)

    @display(description=_("body"))
    def body_shown(self, event: Event) -> str:
        return show_block(mask_text(pretty_json(json.loads(event.body))))


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    public_id_prefix = "wd"
    list_display = ["id_and_type", "endpoint_shown", "status_shown", "answer_and_tries", "next_try"]
    list_filter = [("status", ChoicesDropdownFilter), ("created_at", DayRangeFilter)]
    list_select_related = ["event", "endpoint"]
    search_fields = ["id", "event_id"]
    search_help_text = _("The id of the delivery, wd_…, or of its event, evt_…")
    fields = [
        "public_id", EVENT, ENDPOINT, "status_shown", "tries", "last_answer",
        "created", "next_try", "delivered",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["resend"]

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_delivery")

    @admin.action(description=_("Resend"), permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        now = timezone.now()
        deliveries = list(queryset)
        for delivery in deliveries:
            resend_delivery(delivery_id=delivery.pk, now=now)
            record(
                actor=actor_of(request),
                action="delivery.resend",
                target=delivery.public_id,
                now=now,
            )
        self.message_user(
            request,
            ngettext("%d delivery will be sent again.", "%d deliveries will be sent again.",
                     len(deliveries)) % len(deliveries),
            messages.SUCCESS,
        )  # fmt: skip

    def matching(self, text: str) -> Q:
        event_id = read_public_id("evt", text)
        return super().matching(str(event_id) if event_id else text)

    @display(description=_("id"))
    def public_id(self, delivery: Delivery) -> str:
        return delivery.public_id

    @display(description=_("delivery"))
    def id_and_type(self, delivery: Delivery) -> SafeString:
        return show_two(delivery.public_id, delivery.event.type)

    @display(description=_("webhook endpoint"))
    def endpoint_shown(self, delivery: Delivery) -> SafeString:
        return show_long(delivery.endpoint.url)

    @display(description=_("last answer"))
    def answer_and_tries(self, delivery: Delivery) -> SafeString:
        tries = ngettext("%d try", "%d tries", delivery.tries) % delivery.tries
        return show_two(self.last_answer(delivery), tries)

    @display(description=_("status"))
    def status_shown(self, delivery: Delivery) -> SafeString:
        colour = DELIVERY_COLOURS.get(delivery.status, "")
        return show_label(delivery.get_status_display(), colour)

    @display(description=_("last answer"))
    def last_answer(self, delivery: Delivery) -> str:
        return mask_text(delivery.last_error) or str(delivery.last_status_code or "–")

    @display(description=_("created"))
    def created(self, delivery: Delivery) -> str:
        return show_time(delivery.created_at)

    @display(description=_("next try"))
    def next_try(self, delivery: Delivery) -> str:
        return show_time(delivery.next_attempt_at)

    @display(description=_("delivered"))
    def delivered(self, delivery: Delivery) -> str:
        return show_time(delivery.delivered_at)
