from __future__ import annotations

from django.urls import path

from apps.webhooks.api.events import EventDetail, EventList, EventReplay
from apps.webhooks.api.webhook_deliveries import (
    WebhookDeliveryDetail,
    WebhookDeliveryList,
    WebhookDeliveryResend,
)
from apps.webhooks.api.webhook_endpoints import (
    WebhookEndpointDetail,
    WebhookEndpointList,
    WebhookEndpointReplay,
    WebhookEndpointResume,
    WebhookEndpointTest,
    WebhookSecretRotation,
)

ENDPOINT = "webhook_endpoints/<str:endpoint_id>"
DELIVERY = f"{ENDPOINT}/deliveries/<str:delivery_id>"

urlpatterns = [
    path("events", EventList.as_view(), name="event-list"),
    path("events/<str:event_id>", EventDetail.as_view(), name="event-detail"),
    path("events/<str:event_id>/replay", EventReplay.as_view(), name="event-replay"),
    path("webhook_endpoints", WebhookEndpointList.as_view(), name="webhook-endpoint-list"),
    path(ENDPOINT, WebhookEndpointDetail.as_view(), name="webhook-endpoint-detail"),
    path(f"{ENDPOINT}/rotate_secret", WebhookSecretRotation.as_view(), name="webhook-rotate"),
    path(f"{ENDPOINT}/test", WebhookEndpointTest.as_view(), name="webhook-test"),
    path(f"{ENDPOINT}/resume", WebhookEndpointResume.as_view(), name="webhook-resume"),
    path(f"{ENDPOINT}/replay", WebhookEndpointReplay.as_view(), name="webhook-replay"),
    path(f"{ENDPOINT}/deliveries", WebhookDeliveryList.as_view(), name="webhook-delivery-list"),
    path(DELIVERY, WebhookDeliveryDetail.as_view(), name="webhook-delivery-detail"),
    path(f"{DELIVERY}/resend", WebhookDeliveryResend.as_view(), name="webhook-resend"),
]
