from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.support_tickets.models import Ticket

if TYPE_CHECKING:
    from tests.security.routes import World

# A file of text: "receipt".
ATTACHMENT = {"name": "receipt.txt", "content": "cmVjZWlwdA=="}


def _ticket_body(world: World) -> dict[str, Any]:
    return {
        "subject": "Debited",
        "body": "Our customer was debited.",
        "about": world.id("payment_id"),
    }


def _resolved(world: World) -> None:
    world.row("ticket_id")
    Ticket.objects.filter(merchant=world.merchant).update(status="resolved")


OBJECTS = {
    "ticket_id": lambda world: world.made_by_api("tickets", _ticket_body(world)),
    "attachment_id": lambda world: world.made_by_api(
        f"tickets/{world.id('ticket_id')}/attachments", ATTACHMENT
    ),
}
BODIES = {
    "POST tickets": _ticket_body,
    "POST tickets/{ticket_id}/messages": lambda world: {"body": "Thank you."},
    "POST tickets/{ticket_id}/attachments": lambda world: ATTACHMENT,
    "POST tickets/{ticket_id}/close": lambda world: {},
    "POST tickets/{ticket_id}/rating": lambda world: {"score": 5},
}
REFERENCES = [
    (
        "POST tickets",
        lambda other: {"subject": "Debited", "body": "Debited.", "about": other.id("payment_id")},
    ),
]
QUERIES = {
    "GET tickets": lambda other: [
        {"starting_after": other.id("ticket_id")},
        {"about": other.id("payment_id")},
        {"status": "new"},
    ],
}
PREPARE = {"tickets/{ticket_id}/rating": _resolved}
