"""What is answered about webhooks and events, for the documentation alone."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import MetadataField
from apps.webhooks.api.webhook_input import EventTypesField
from apps.webhooks.models import Delivery, Endpoint


class EventDataField(serializers.Field[Any, Any, Any, Any]):
    """The object the event tells of, as it was then."""

    json_schema = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "object": {"type": "string"}},
        "required": ["id", "object"],
        "additionalProperties": True,
    }


class WebhookEndpointOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    object = serializers.ChoiceField(choices=["webhook_endpoint"])
    livemode = serializers.BooleanField()
    url = serializers.CharField()
    event_types = EventTypesField()
    description = serializers.CharField()
    metadata = MetadataField()
    is_enabled = serializers.BooleanField(help_text="Your own switch.")
    paused_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when we send it nothing; resume it when it is well."
    )
    pause_reason = serializers.ChoiceField(choices=Endpoint.PauseReason.values, allow_null=True)
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when every try has failed."
    )
    previous_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when the secret before signs too."
    )
    created_at = serializers.DateTimeField()


class WebhookEndpointWithSecretOutput(WebhookEndpointOutput):
    secret = serializers.CharField(help_text="The signing secret, whsec_…, shown this once.")


class WebhookEndpointDeletedOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    object = serializers.ChoiceField(choices=["webhook_endpoint"])
    livemode = serializers.BooleanField()
    is_deleted = serializers.BooleanField()


class WebhookDeliveryOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    object = serializers.ChoiceField(choices=["webhook_delivery"])
    livemode = serializers.BooleanField()
    webhook_endpoint = serializers.CharField()
    event = serializers.CharField()
    type = serializers.CharField(help_text="The event's type.")
    status = serializers.ChoiceField(choices=Delivery.Status.values)
    tries = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    last_status_code = serializers.IntegerField(allow_null=True)
    last_error = serializers.CharField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class WebhookReplayOutput(serializers.Serializer[Any]):
    object = serializers.ChoiceField(choices=["webhook_replay"])
    livemode = serializers.BooleanField()
    count = serializers.IntegerField(help_text="How many deliveries will be tried.")


class EventOutput(serializers.Serializer[Any]):
    """An event, exactly as it was and will be sent to webhook endpoints."""

    id = serializers.CharField()
    object = serializers.ChoiceField(choices=["event"])
    type = serializers.CharField()
    api_version = serializers.CharField()
    created_at = serializers.DateTimeField()
    livemode = serializers.BooleanField()
    sequence = serializers.IntegerField(
        help_text="Counts the events of this object from 1: what is older than what you have, skip."
    )
    data = EventDataField(  # type: ignore[assignment]
        help_text="The object the event tells of, as it was then."
    )
