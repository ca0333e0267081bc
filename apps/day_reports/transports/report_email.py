from __future__ import annotations

from collections.abc import Mapping, Sequence
from smtplib import SMTPException
from typing import Any

from django.core.mail import EmailMessage
from django.db import connection
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format

from apps.day_reports.models import ReportSending
from apps.day_reports.rules.problems import ReportNotSent
from apps.day_reports.rules.sent_file import SentFile

BYTES = "application/octet-stream"
EMAIL_BYTES_MAX = 10 * 1024 * 1024


def send_email(
    sending: ReportSending, files: Sequence[SentFile], told: Sequence[Mapping[str, Any]]
) -> None:
    """The report as one message to all its addresses. A repeat has the same Message-ID.

    Args:
        told: `name`, `sha256` and `bytes` of each file, which the text tells.

    Raises ReportNotSent: "mail_too_large", or "mail" where the mail server did not take it.
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
    email = EmailMessage(
        subject=" ".join(subject.split()),
        body=body.strip() + "\n",
        to=list(subscription.emails),
        headers={"Message-ID": f"<{sending.pk.hex}@lomi>"},
    )
    for file in files:
        kind = file.content_type.partition(";")[0]
        # A text's ends of lines are changed on the way, and its digest with them.
        email.attach(file.name, file.content, BYTES if kind.startswith("text/") else kind)
    # No connection of the database is held while the mail server is waited for.
    if not connection.in_atomic_block:
        connection.close()
    try:
        email.send()
    except (SMTPException, OSError):
        raise ReportNotSent("mail") from None
