"""What the pages of statements and of discrepancies show alike."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html

from apps.core.admin import (
    read_public_id,
    show_money,
)
from apps.core.money import EXPONENTS
from apps.core.public_ids import encode_id
from apps.payments.models import Attempt


def shown_money(amount: int | None, currency: str) -> str:
    if amount is None:
        return "–"
    # A report may name a currency we do not know.
    return str(show_money(amount, currency)) if currency in EXPONENTS else f"{amount} {currency}"


def payment_link(attempt_id: UUID | None) -> str:
    payment_id = (
        Attempt.objects.filter(pk=attempt_id).values_list("payment_id", flat=True).first()
        if attempt_id
        else None
    )
    if payment_id is None:
        return "–"
    url = reverse("admin:payments_payment_change", args=[payment_id])
    return format_html('<a href="{}">{}</a>', url, encode_id("pay", payment_id))


def as_uuid_text(text: str) -> str:
    """A public id of an attempt or a statement as the UUID it stands for."""
    for prefix in ("att", "sta"):
        found = read_public_id(prefix, text)
        if found is not None:
            return str(found)
    return text
