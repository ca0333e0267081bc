"""Canned answers, with what they name filled in."""

from __future__ import annotations

from apps.support_tickets.models import CannedAnswer, Ticket
from apps.support_tickets.rules.subjects import about_of


def filled(answer: CannedAnswer, ticket: Ticket) -> str:
    """Its text in the ticket's language. {ticket} is the ticket's number, {about} the id of what
    it is about."""
    text = answer.body(ticket.language)
    return text.replace("{ticket}", ticket.shown_number).replace("{about}", about_of(ticket) or "–")
