"""Tickets as merchants see them: in answers, events and webhooks alike."""

from __future__ import annotations

from django.conf import settings

from apps.core.api.field_words import FILE_NAME, STATES
from apps.core.api.resource import Choice, Constant, Flag, Id, Instant, Number, Resource, Text
from apps.core.attachment_type import MEDIA_TYPES
from apps.payments.rules.representation import PaymentOutput
from apps.support_tickets.models import (
    AuthorKind,
    TicketCategory,
    TicketPriority,
    TicketStatus,
)
from apps.support_tickets.rules.subjects import about_of
from apps.support_tickets.rules.texts import body_of, file_name_of

LANGUAGES = [code for code, _ in settings.LANGUAGES]


class SupportTicketOutput(Resource):
    """No query: everything is in the row."""

    id = Id("tic", example="tic_01kasdc2s4h7j9n1q3t5v8x0zb")
    object = Constant("ticket")
    livemode = Flag(example=False)
    number = Text(
        source="shown_number", example="T-000123", help_text="What to say on the telephone."
    )
    subject = Text(
        is_given=True,
        example="Debited, and the order says unpaid",
        help_text="In events telephone numbers are hidden in it.",
    )
    category = Choice(
        TicketCategory.values, example="debited_not_confirmed", help_text="What is complained of."
    )
    priority = Choice(TicketPriority.values, example="normal", help_text="How urgent it is to us.")
    status = Choice(
        TicketStatus.values,
        example="open",
        help_text="waiting_for_merchant: it is your turn. resolved: an answer within 14 days opens"
        " it again. closed: an answer opens a new one." + STATES,
    )
    about = Text(
        source="*",
        convert=about_of,
        allow_null=True,
        example=PaymentOutput.example()["id"],
        help_text="The payment, refund or payout that it is about; null if about none.",
    )
    language = Choice(LANGUAGES, example="fr", help_text="Of the answers.")
    rating = Number(
        source="csat_score",
        allow_null=True,
        example=None,
        help_text="Yours: 1 is bad, 5 good; null until you gave one.",
    )
    merged_into = Id(
        "tic",
        source="merged_into_id",
        allow_null=True,
        example=None,
        help_text="The ticket in which this one goes on; null of others.",
    )
    created_at = Instant(example="2026-11-22T09:00:00.000Z")
    updated_at = Instant(example="2026-11-22T09:04:00.000Z", help_text="When it last changed.")
    first_answered_at = Instant(
        allow_null=True,
        example="2026-11-22T09:04:00.000Z",
        help_text="When we first answered; null until then.",
    )
    resolved_at = Instant(
        allow_null=True, example=None, help_text="When it was resolved; null while it is not."
    )


class TicketAttachmentOutput(Resource):
    id = Id("tia", example="tia_01kasdc2s4h7j9n1q3t5v8x0zd")
    object = Constant("ticket_attachment")
    ticket = Id("tic", source="ticket_id", example=SupportTicketOutput.example()["id"])
    name = Text(source="*", convert=file_name_of, example="receipt.png", help_text=FILE_NAME)
    content_type = Choice(
        list(MEDIA_TYPES),
        source="media_type",
        example="image/png",
        help_text="What its content is, whatever its name.",
    )
    media_type = Choice(
        list(MEDIA_TYPES),
        example="image/png",
        help_text="The same as content_type: its name of before.",
    )
    size = Number(example=48_211, help_text="In bytes.")
    created_at = Instant(example="2026-11-22T09:01:00.000Z")


class TicketMessageOutput(Resource):
    id = Id("tim", example="tim_01kasdc2s4h7j9n1q3t5v8x0zc")
    object = Constant("ticket_message")
    ticket = Id("tic", source="ticket_id", example=SupportTicketOutput.example()["id"])
    author = Choice(
        AuthorKind.values,
        source="author_kind",
        example="staff",
        help_text="Who wrote it: merchant is you, system no person.",
    )
    body = Text(
        source="*",
        convert=body_of,
        example="The operator confirms the debit: your payment is being settled.",
        help_text="What was written.",
    )
    created_at = Instant(example="2026-11-22T09:04:00.000Z")
