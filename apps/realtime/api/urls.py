from __future__ import annotations

from django.urls import path

from apps.realtime.api.event_feed import EventFeed
from apps.realtime.api.stream_address import EventStreamAddress
from apps.realtime.api.tickets import TicketList

urlpatterns = [
    path("api/v1/realtime/tickets", TicketList.as_view()),
    path("api/v1/events/feed", EventFeed.as_view()),
    path("api/v1/events/stream", EventStreamAddress.as_view()),
]
