from __future__ import annotations

import json
from datetime import datetime
from smtplib import SMTPException
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format

from apps.core.work.outbox import ClaimedMessage
from apps.merchants.models import Member, Merchant


class EmailNotSent(Exception):
    """The mail server did not take it: try again later. Says no address."""


def send_email(message: ClaimedMessage) -> None:
    """Send one promised e-mail, in the merchant's language.

    Sent again after a crash, it bears the same Message-ID, by which mail programs know it.

    Raises:
        EmailNotSent: it stays in the outbox.
    """
    member = (
        Member.objects.select_related("merchant", "user")
        .filter(pk=UUID(message.payload["member_id"]), is_notified=True, user__is_active=True)
        .first()
    )
    if member is None or not member.user.email:
        return
    subject, body = _render(message.payload, member.merchant)
    email = EmailMessage(
        subject=subject,
        body=body,
        to=[member.user.email],
        headers={"Message-ID": f"<{message.id}@lomi>"},
    )
    try:
        email.send()
    except (SMTPException, OSError) as error:
        raise EmailNotSent(type(error).__name__) from None


def _render(payload: dict[str, str], merchant: Merchant) -> tuple[str, str]:
    language = "en" if merchant.language == "en" else "fr"
    with translation.override(language):
        context = {
            name: _shown(value, merchant) for name, value in json.loads(payload["context"]).items()
        }
        text = render_to_string(
            f"email/{payload['template']}.{language}.txt", {"merchant": merchant, **context}
        )
    subject, _, body = text.strip().partition("\n")
    return " ".join(subject.split()), body.strip() + "\n"


def _shown(value: str, merchant: Merchant) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    if moment.tzinfo is None:
        return value
    local = moment.astimezone(ZoneInfo(merchant.timezone))
    return f"{date_format(local, 'j F Y')}, {local:%H:%M %Z}"
