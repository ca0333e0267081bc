"""Webhook endpoints, deliveries and events as merchants see them."""

from __future__ import annotations

from apps.core.api.field_words import WORDS
from apps.core.api.resource import (
    Choice,
    Constant,
    Flag,
    Id,
    Instant,
    Json,
    Metadata,
    Number,
    Resource,
    Text,
)
from apps.webhooks.models import API_VERSION, Delivery, Endpoint
from apps.webhooks.rules.subscriptions import TYPES_MAX, known_types


class WebhookEndpointOutput(Resource):
    """Without any secret. No query: everything is in the row."""

    id = Id("we", example="we_01kamz8h5rf7ztdk1m9a3q6v2w")
    object = Constant("webhook_endpoint")
    livemode = Flag(example=False)
    url = Text(example="https://shop.example/hooks", help_text="Where events are posted.")
    event_types = Json(
        {
            "type": "array",
            "maxItems": TYPES_MAX,
            "items": {"type": "string", "enum": list(known_types())},
        },
        example=["payment.succeeded", "payment.failed"],
        help_text="The events it wants; none: every event that brings news.",
    )
    description = Text(example="Orders")
    metadata = Metadata(example={"team": "orders"})
    is_enabled = Flag(example=True, help_text="Your own switch.")
    paused_at = Instant(
        allow_null=True,
        example=None,
        help_text="Since when we send it nothing; resume it when it is well. Null while it is"
        " not paused.",
    )
    pause_reason = Choice(
        Endpoint.PauseReason.values,
        allow_null=True,
        example=None,
        help_text="failing: every try failed for days. gone: it answered 410. grant_ended:"
        " the consent it was made under has ended. Null while it is not paused.",
    )
    failing_since = Instant(
        allow_null=True,
        example=None,
        help_text="Since when every try has failed; null while it is well.",
    )
    previous_secret_until = Instant(
        allow_null=True,
        example=None,
        help_text="Until when the secret before signs too; null where there is none.",
    )
    created_at = Instant(example="2026-11-22T08:00:00.000Z")


class WebhookEndpointWithSecretOutput(WebhookEndpointOutput):
    secret = Text(
        is_given=True,
        example="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        help_text="The signing secret, whsec_…, shown this once.",
    )


class WebhookEndpointDeletedOutput(Resource):
    id = Id("we", example=WebhookEndpointOutput.example()["id"])
    object = Constant("webhook_endpoint")
    livemode = Flag(example=False)
    is_deleted = Flag(is_given=True, example=True)


class WebhookDeliveryOutput(Resource):
    """No query, once read with the delivery's `event` and `endpoint`."""

    id = Id("wd", example="wd_01kamzaq2vfa1r9m4e0c7x5b3d")
    object = Constant("webhook_delivery")
    livemode = Flag(source="endpoint.livemode", example=False)
    webhook_endpoint = Id(
        "we",
        source="endpoint_id",
        example=WebhookEndpointOutput.example()["id"],
        help_text="Where it is sent.",
    )
    event = Id(
        "evt",
        source="event_id",
        example="evt_01kamzaq2te5bvx8s6d0w3h1kf",
        help_text="What it tells of.",
    )
    type = Text(source="event.type", example="payment.succeeded", help_text="The event's type.")
    status = Choice(
        Delivery.Status.values,
        example="delivered",
        help_text="pending: it will be tried. delivered: your server took it. failed: given"
        " up; send it again when you like.",
    )
    tries = Number(
        example=1, help_text="How often it was tried; counted anew when it is sent again."
    )
    next_attempt_at = Instant(
        allow_null=True,
        example=None,
        help_text="When it is tried next; null once it was delivered or given up.",
    )
    last_status_code = Number(
        allow_null=True,
        example=204,
        help_text="The HTTP status that the last try was answered with; null if it was not"
        " answered.",
    )
    last_error = Text(
        allow_null=True,
        example=None,
        help_text="Why the last try was not answered, or why none is made any more; null if it was"
        " answered.",
    )
    delivered_at = Instant(
        allow_null=True,
        example="2026-11-22T08:00:21.127Z",
        help_text="When your server took it; null until then.",
    )
    created_at = Instant(example="2026-11-22T08:00:21.009Z")


class WebhookReplayOutput(Resource):
    object = Constant("webhook_replay")
    livemode = Flag(is_given=True, example=False)
    count = Number(is_given=True, example=2, help_text="How many deliveries will be tried.")


class EventOutput(Resource):
    """An event, exactly as it was and will be sent to webhook endpoints: its body is frozen."""

    id = Id("evt", example=WebhookDeliveryOutput.example()["event"])
    object = Constant("event")
    type = Text(
        example="payment.succeeded", help_text="What happened: the guide on webhooks has all types."
    )
    api_version = Text(
        source="*",
        convert=lambda _event: API_VERSION,
        example=API_VERSION,
        help_text="The form of this body: a change that breaks readers gets a new date.",
    )
    created_at = Instant(example="2026-11-22T08:00:21.000Z", help_text="When it happened.")
    livemode = Flag(example=False)
    sequence = Number(
        example=2,
        help_text="Counts the events of this object from 1: what is older than what you have,"
        " skip.",
    )
    data = Json(  # type: ignore[assignment]
        {
            "type": "object",
            "properties": {
                name: {"type": "string", "description": WORDS[name]} for name in ("id", "object")
            },
            "required": ["id", "object"],
            "additionalProperties": True,
        },
        is_given=True,
        example={},
        help_text="The object the event tells of, as it was then.",
    )
