from __future__ import annotations

import json
from collections.abc import Mapping

from django.contrib import admin, messages
from django.contrib.admin import EmptyFieldListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from apps.audit.admin import actor_of
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
from apps.webhooks.listening import EndpointNotListening
from apps.webhooks.models import Delivery, DeliveryState, Endpoint, Event
from apps.webhooks.services.resend_delivery import resend_delivery
from apps.webhooks.services.resume_endpoint import resume_endpoint
from apps.webhooks.services.send_test_event import send_test_event

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
    list_display = ["url_shown", MERCHANT, "mode", "events", "state"]
    list_filter = [
        "livemode",
        "is_enabled",
        ("paused_at", EmptyFieldListFilter),
        ("deleted_at", EmptyFieldListFilter),
    ]
    list_select_related = ["merchant"]
    search_fields = ["id", "url"]
    search_help_text = _("Exactly the URL, or the id we_…")
    fields = [
        "public_id", MERCHANT, "url", "mode", "events", "description",
        "metadata_shown", "state", "paused", "pause_reason", "failing", "previous_secret",
        "created", "deleted",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["resume", "send_test"]
    actions_without_step_up = actions

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_endpoint")

    @admin.action(description=_("Resume"), permissions=["act"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        paused = list(queryset.filter(paused_at__isnull=False, deleted_at=None))
        for endpoint in paused:
            resume_endpoint(endpoint_id=endpoint.pk, actor=actor_of(request), now=timezone.now())
        self.message_user(
            request,
            ngettext("%d endpoint is sent events again.", "%d endpoints are sent events again.",
                     len(paused)) % len(paused),
            messages.SUCCESS if paused else messages.WARNING,
        )  # fmt: skip

    @admin.action(description=_("Send a test event"), permissions=["act"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        sent = 0
        for endpoint in queryset:
            try:
                send_test_event(endpoint=endpoint, actor=actor_of(request), now=timezone.now())
            except EndpointNotListening:
                continue
            sent += 1
        self.message_user(
            request,
            ngettext("%d test event is on its way.", "%d test events are on their way.",
                     sent) % sent,
            messages.SUCCESS if sent else messages.WARNING,
        )  # fmt: skip

    @display(description=_("URL"))
    def url_shown(self, endpoint: Endpoint) -> SafeString:
        return show_long(endpoint.url)

    @display(description=_("state"))
    def state(self, endpoint: Endpoint) -> SafeString:
        if endpoint.deleted_at:
            return show_label(pgettext_lazy("feminine", "deleted"))
        if not endpoint.is_enabled:
            return show_label(pgettext_lazy("feminine", "switched off"))
        if endpoint.paused_at:
            return show_label(pgettext_lazy("feminine", "paused"), "danger")
        if endpoint.failing_since:
            return show_label(_("failing"), "warning")
        return show_label(_("listening"), "success")

    @display(description=_("metadata"))
    def metadata_shown(self, endpoint: Endpoint) -> str:
        return show_block(mask_text(pretty_json(endpoint.metadata)))

    @display(description=_("paused"))
    def paused(self, endpoint: Endpoint) -> str:
        return show_time(endpoint.paused_at)

    @display(description=_("failing since"))
    def failing(self, endpoint: Endpoint) -> str:
        return show_time(endpoint.failing_since)

    @display(description=_("previous secret signs until"))
    def previous_secret(self, endpoint: Endpoint) -> str:
        return show_time(endpoint.previous_secret_until)

    @display(description=_("deleted"))
    def deleted(self, endpoint: Endpoint) -> str:
        return show_time(endpoint.deleted_at)

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


class DeliveryStatusFilter(ChoicesDropdownFilter):
    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        status = self.value()
        if not status:
            return queryset
        if status == Delivery.Status.DELIVERED:
            # Nearly all are.
            return queryset.filter(status=status)
        states = DeliveryState.objects.filter(
            endpoint_id__in=Endpoint.objects.values("pk"), status=status
        )
        return queryset.filter(pk__in=states.values("delivery_id"))


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    public_id_prefix = "wd"
    list_display = ["id_and_type", "endpoint_shown", "status_shown", "answer_and_tries", "next_try"]
    list_filter = [("status", DeliveryStatusFilter), ("created_at", DayRangeFilter)]
    list_select_related = ["event", "endpoint"]
    search_fields = ["id", "event_id"]
    search_help_text = _("The id of the delivery, wd_…, or of its event, evt_…")
    fields = [
        "public_id", EVENT, ENDPOINT, "status_shown", "tries", "last_answer",
        "created", "next_try", "delivered",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["resend"]
    actions_without_step_up = actions

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_delivery")

    @admin.action(description=_("Resend"), permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        now = timezone.now()
        sent = 0
        for delivery in queryset:
            try:
                resend_delivery(delivery_id=delivery.pk, actor=actor_of(request), now=now)
            except EndpointNotListening:
                continue
            sent += 1
        self.message_user(
            request,
            ngettext("%d delivery will be sent again.", "%d deliveries will be sent again.",
                     sent) % sent,
            messages.SUCCESS if sent else messages.WARNING,
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
