"""One ticket throughout its life, for the documentation."""

from __future__ import annotations

from typing import Any

from apps.support_tickets.rules.representation import SupportTicketOutput, TicketMessageOutput

TICKET_REQUEST: dict[str, Any] = {
    "subject": SupportTicketOutput.example()["subject"],
    "body": "Our customer was debited of 1,500 XAF and shows the operator's message.",
    "category": "debited_not_confirmed",
    "about": SupportTicketOutput.example()["about"],
}
NEW_TICKET = SupportTicketOutput.example(
    status="new",
    first_answered_at=None,
    updated_at=SupportTicketOutput.example()["created_at"],
)
CLOSED_TICKET = SupportTicketOutput.example(status="closed", resolved_at="2026-11-22T10:00:00.000Z")
RATED_TICKET = CLOSED_TICKET | {"rating": 5}
MESSAGE_REQUEST = {"body": "Thank you: the customer has the receipt now."}
NEW_MESSAGE = TicketMessageOutput.example(
    author="merchant", body=MESSAGE_REQUEST["body"], created_at="2026-11-22T09:09:00.000Z"
)
# A picture of one pixel.
ATTACHMENT_REQUEST = {
    "name": "receipt.png",
    "content": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASU"
    "VORK5CYII=",
}
RATING_REQUEST = {"score": 5, "comment": "Quick and clear."}
