from __future__ import annotations

from django.urls import path

from apps.support_tickets.api.tickets import (
    TicketAttachmentDetail,
    TicketAttachments,
    TicketClose,
    TicketDetail,
    TicketList,
    TicketMessages,
    TicketRating,
)

urlpatterns = [
    path("tickets", TicketList.as_view(), name="ticket-list"),
    path("tickets/<str:ticket_id>", TicketDetail.as_view(), name="ticket-detail"),
    path("tickets/<str:ticket_id>/messages", TicketMessages.as_view(), name="ticket-messages"),
    path(
        "tickets/<str:ticket_id>/attachments",
        TicketAttachments.as_view(),
        name="ticket-attachments",
    ),
    path(
        "tickets/<str:ticket_id>/attachments/<str:attachment_id>",
        TicketAttachmentDetail.as_view(),
        name="ticket-attachment",
    ),
    path("tickets/<str:ticket_id>/close", TicketClose.as_view(), name="ticket-close"),
    path("tickets/<str:ticket_id>/rating", TicketRating.as_view(), name="ticket-rating"),
]
