from __future__ import annotations

from django.db.models import Q

from apps.core.event_types import sent_on_request
from apps.webhooks.models import Endpoint


def wanted_by(endpoint: Endpoint) -> Q:
    """Deliveries of events of the types the endpoint wants now."""
    if endpoint.event_types:
        return Q(event__type__in=endpoint.event_types)
    return ~Q(event__type__in=sent_on_request())
