"""How a requester can be reached: an e-mail address or a telephone number."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import phonenumbers
from django.utils.translation import gettext_lazy as _

from apps.core.email_address import plain_address
from apps.core.errors import DomainError
from apps.support_tickets.rules.texts import CONTACT_CONTEXT, CONTACT_INDEX
from apps.vault.blind_index import search_index
from apps.vault.encryption import encrypt
from apps.vault.masking import BULLET, mask_msisdn

CONTACT_LENGTH_MAX = 120


class ContactInvalid(DomainError):
    code = "contact_invalid"
    status = 422
    title = "This is neither an e-mail address nor a telephone number."
    staff_words = _(
        "This is neither an e-mail address nor a telephone number with its country’s code."
    )


def read_contact(text: str, *, country: str = "") -> str:
    """As it is kept: an address in lower case, or the digits of E.164; "" of nothing.

    Args:
        country: of a number written without its country's code.

    Raises ContactInvalid.
    """
    text = text.strip()
    if not text:
        return ""
    if len(text) > CONTACT_LENGTH_MAX:
        raise ContactInvalid(f"It has at most {CONTACT_LENGTH_MAX} characters.", field="contact")
    if "@" in text:
        try:
            return plain_address(text.lower())
        except ValueError:
            raise ContactInvalid("Check the address.", field="contact") from None
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ContactInvalid("Write the number with its country's code, +237…", field="contact")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).lstrip("+")


def as_written(kept: str) -> str:
    """A kept contact as read_contact reads it again; "" of one that does not open."""
    if "@" in kept:
        return kept
    return f"+{kept}" if kept.isdecimal() else ""


def contact_fields(contact: str, *, row_id: UUID) -> dict[str, Any]:
    """What a ticket keeps of a contact, by the names of its fields."""
    return {
        "contact_encrypted": encrypt(contact, context=CONTACT_CONTEXT, row_id=row_id),
        "contact_index": search_index(contact, purpose=CONTACT_INDEX),
        "contact_masked": mask_contact(contact),
    }


def mask_contact(contact: str) -> str:
    """mask_contact("awa@shop.example") is "a•••@shop.example"."""
    name, at, host = contact.partition("@")
    return f"{name[:1]}{BULLET * 3}@{host}"[:80] if at else mask_msisdn(contact)
