"""What the pages of statements and of discrepancies show alike."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import ngettext

from apps.core.admin import (
    read_public_id,
    show_money,
)
from apps.core.money import EXPONENTS
from apps.core.public_ids import encode_id
from apps.orchestration.models import Attempt, AttemptStatus
from apps.orchestration.rules.owners import owner_of
from apps.reconciliation.models import Discrepancy, StatementLine

# Reasons of which both sides are amounts.
OF_MONEY = {
    Discrepancy.Kind.AMOUNT_DIFFERS,
    Discrepancy.Kind.FEE_DIFFERS,
    Discrepancy.Kind.SETTLEMENT_DIFFERS,
    StatementLine.Reason.WITHIN_TOLERANCE,
}


def shown_money(amount: int | None, currency: str) -> str:
    if amount is None:
        return "–"
    # A report may name a currency we do not know.
    return str(show_money(amount, currency)) if currency in EXPONENTS else f"{amount} {currency}"


def reason_in_words(reason: str) -> str:
    """Why a line does not agree, or agrees only nearly; "" of one that does."""
    if reason in StatementLine.Reason.values:
        return str(StatementLine.Reason(reason).label)
    return str(Discrepancy.Kind(reason).label) if reason else ""


def side_in_words(reason: str, value: str, currency: str) -> str:
    """What one side says of a line that does not agree, or only nearly."""
    if reason in OF_MONEY and value:
        return shown_money(int(value), currency)
    if reason == Discrepancy.Kind.STATUS_DIFFERS and value in AttemptStatus.values:
        return str(AttemptStatus(value).label)
    if reason == StatementLine.Reason.SEVERAL_CANDIDATES and value.isdecimal():
        return ngettext("%d candidate", "%d candidates", int(value)) % int(value)
    return value


def owner_link(attempt_id: UUID | None) -> str:
    """To what the attempt was made for."""
    attempts = Attempt.objects.filter(pk=attempt_id) if attempt_id else Attempt.objects.none()
    key = attempts.values_list("owner_type", "owner_id").first()
    if key is None:
        return "–"
    owner = owner_of(key[0])
    url = reverse(owner.admin_page, args=[key[1]])
    return format_html('<a href="{}">{}</a>', url, encode_id(owner.prefix, key[1]))


def as_uuid_text(text: str) -> str:
    """A public id of an attempt or a statement as the UUID it stands for."""
    for prefix in ("att", "sta"):
        found = read_public_id(prefix, text)
        if found is not None:
            return str(found)
    return text
