"""How long this app's rows are kept."""

from apps.core.retention import KeptForDays, KeptForEver, KeptUntil, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("webhooks.Endpoint", "whom deliveries went to; they do not grow with payments"),
    KeptForEver("webhooks.Event", "merchants read and replay it, and resume streams after it"),
    KeptForDays(
        "webhooks.Delivery",
        "deliveries",
        45,
        "what an endpoint missed waits for it for 30 days",
        condition="status <> 'pending'",
    ),
    KeptUntil("webhooks.DeliveryState", "its delivery is deleted, by a trigger"),
)
