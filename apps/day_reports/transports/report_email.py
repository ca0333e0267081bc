from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPServerDisconnected,
)
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.db import connection
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format

from apps.core import database_clock
from apps.core.storable_text import storable_text
from apps.day_reports.models import ReportSending
from apps.day_reports.rules.problems import ReportNotSent
from apps.day_reports.rules.sent_file import SentFile

BYTES = "application/octet-stream"
REFUSED_LENGTH_MAX = 200
# The server closes, whoever the message is for.
GOING_AWAY = 421
EMAIL_BYTES_MAX = 10 * 1024 * 1024


def send_email(
    sending: ReportSending,
    files: Sequence[SentFile],
    told: Sequence[Mapping[str, Any]],
    *,
    keep: Callable[[], None],
) -> None:
    """The report as one message to each of its addresses that has not got it. A repeat has the same
    Message-ID. An address that the mail server refuses holds up no other.

    Args:
        told: `name`, `sha256` and `bytes` of each file, which the text tells.
        keep: stores `sending.receivers`, which says of each address what became of it.

    Raises ReportNotSent: "mail_too_large"; "mail" where the mail server did not take it;
    "address_refused" where it took it for others alone.
    """
    if sum(one["bytes"] for one in told) > EMAIL_BYTES_MAX:
        raise ReportNotSent("mail_too_large")
    subscription = sending.subscription
    language = "en" if subscription.language == "en" else "fr"
    with translation.override(language):
        context = {
            "owner": subscription.merchant or subscription.provider_account,
            "day": date_format(sending.day, "j F Y"),
            "zone": subscription.timezone,
            "currency": sending.currency,
            "version": sending.version,
            "livemode": subscription.livemode,
            "files": told,
        }
        text = render_to_string(f"email/day_report.{language}.txt", context)
    subject, _, body = text.strip().partition("\n")
    server = get_connection()
    email = EmailMessage(
        subject=" ".join(subject.split()),
        body=body.strip() + "\n",
        headers={"Message-ID": f"<{sending.pk.hex}@lomi>"},
        connection=server,
    )
    for file in files:
        kind = file.content_type.partition(";")[0]
        # A text's ends of lines are changed on the way, and its digest with them.
        email.attach(file.name, file.content, BYTES if kind.startswith("text/") else kind)
    try:
        with server:
            for address in _waiting(sending):
                sending.receivers = {
                    **(sending.receivers or {}),
                    address: _send(email, address) or {"at": _now(), "files": list(told)},
                }
                keep()
    except (SMTPException, OSError):
        raise ReportNotSent("mail") from None
    if any(address in sending.refused for address in subscription.emails):
        raise ReportNotSent("address_refused")


def _waiting(sending: ReportSending) -> list[str]:
    """Those that were refused come last: what they may break reaches no other."""
    known = sending.receivers or {}
    addresses = dict.fromkeys(sending.subscription.emails)
    waiting = [one for one in addresses if "at" not in known.get(one, {})]
    return sorted(waiting, key=lambda one: one in known)


def _send(email: EmailMessage, address: str) -> dict[str, str]:
    """Empty, or how the address was refused."""
    email.to = [address]
    # No connection of the database is held while the mail server is waited for.
    if not connection.in_atomic_block:
        connection.close()
    code: int
    said: bytes | str
    try:
        # sendmail says nothing of some that are refused beside others: each is asked for alone.
        email.send()
    except SMTPRecipientsRefused as refusal:
        code, said = next(iter(refusal.recipients.values()))
    except SMTPDataError as refusal:
        code, said = refusal.smtp_code, refusal.smtp_error
    else:
        return {}
    if code == GOING_AWAY:
        raise SMTPServerDisconnected(f"{code}")
    words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return {"refused": storable_text(f"{code} {' '.join(words.split())}", REFUSED_LENGTH_MAX)}


def _now() -> str:
    return database_clock.now().isoformat()
