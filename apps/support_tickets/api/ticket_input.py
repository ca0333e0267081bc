"""What merchants send about tickets: shape and limits, each refusal with its own code."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.core.api.fields import KnownFieldsOnly, TextField, VisibleTextField, WholeNumberField
from apps.core.clean_text import (
    BODY_LENGTH_MAX,
    COMMENT_LENGTH_MAX,
    FILE_NAME_LENGTH_MAX,
    SUBJECT_LENGTH_MAX,
)
from apps.support_tickets.models import TicketCategory, TicketPriority
from apps.support_tickets.rules.contact import CONTACT_LENGTH_MAX
from apps.support_tickets.rules.representation import LANGUAGES
from apps.support_tickets.services.rate_ticket import SCORE_BEST, SCORE_WORST

# What is critical is for us to say: it wakes people.
PRIORITIES = [word for word in TicketPriority.values if word != TicketPriority.CRITICAL]


class WordField(TextField):
    """One of a few words."""

    def __init__(self, words: list[str], *, code: str, **options: Any) -> None:
        super().__init__(**options)
        self.words, self.word_code = words, code
        self.json_schema = {"type": "string", "enum": words}

    def to_internal_value(self, data: Any) -> str:
        word = super().to_internal_value(data)
        if word not in self.words:
            raise ValidationError(f"Send one of {', '.join(self.words)}.", code=self.word_code)
        return word


class Base64Field(serializers.Field[bytes, Any, bytes, Any]):
    """Bytes, in the base64 of RFC 4648."""

    json_schema = {"type": "string", "contentEncoding": "base64"}

    def to_internal_value(self, data: Any) -> bytes:
        try:
            if isinstance(data, str):
                return base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            pass
        raise ValidationError("Send the file's bytes in base64.", code="not_base64")

    def to_representation(self, value: bytes) -> bytes:
        return value


class TicketInput(KnownFieldsOnly):
    subject = VisibleTextField(
        max_length=SUBJECT_LENGTH_MAX, help_text="What it is about, in a line."
    )
    body = TextField(max_length=BODY_LENGTH_MAX, help_text="Plain text, of several lines.")
    category = WordField(
        TicketCategory.values,
        code="unknown_category",
        required=False,
        help_text="Left out: other.",
    )
    priority = WordField(
        PRIORITIES, code="unknown_priority", required=False, help_text="Left out: normal."
    )
    about = TextField(
        max_length=40,
        required=False,
        help_text="The id of the payment, refund or payout that it is about.",
    )
    language = WordField(
        LANGUAGES, code="unknown_language", required=False, help_text="Left out: your own."
    )
    contact = TextField(
        max_length=CONTACT_LENGTH_MAX,
        required=False,
        allow_blank=True,
        help_text="An e-mail address or a telephone number, if you want to be called.",
    )


class MessageInput(KnownFieldsOnly):
    body = TextField(max_length=BODY_LENGTH_MAX, help_text="Plain text, of several lines.")


class AttachmentInput(KnownFieldsOnly):
    name = TextField(max_length=FILE_NAME_LENGTH_MAX, help_text="The file's name.")
    content = Base64Field(
        help_text="Its bytes in base64: an image (PNG, JPEG, GIF, WebP), a PDF or plain text, of"
        " 5 MiB at most. What it is, is told by its content."
    )


class RatingInput(KnownFieldsOnly):
    score = WholeNumberField(
        SCORE_WORST, SCORE_BEST, code="score_out_of_range", help_text="1 is bad, 5 good."
    )
    comment = TextField(
        max_length=COMMENT_LENGTH_MAX,
        required=False,
        allow_blank=True,
        help_text="What was good or bad, in your words.",
    )


def read_ticket(data: Any) -> dict[str, Any]:
    """Raises rest_framework's ValidationError, its codes stable; so do those below."""
    return dict(_TICKET.run_validation(data))


def read_message(data: Any) -> str:
    return str(_MESSAGE.run_validation(data)["body"])


def read_attachment(data: Any) -> tuple[str, bytes]:
    values = _ATTACHMENT.run_validation(data)
    return values["name"], values["content"]


def read_rating(data: Any) -> tuple[int, str]:
    values = _RATING.run_validation(data)
    return values["score"], values.get("comment", "")


# Made once: a serializer copies its fields each time it is made, which takes longer than using it.
_TICKET = TicketInput()
_MESSAGE = MessageInput()
_ATTACHMENT = AttachmentInput()
_RATING = RatingInput()
