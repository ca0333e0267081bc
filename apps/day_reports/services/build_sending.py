from __future__ import annotations

from uuid import UUID

from django.utils import translation

from apps.day_reports.models import MerchantDay, ReportSending, Way
from apps.day_reports.rules.sent_file import SentFile
from apps.day_reports.selectors.ready_reports import account_days
from apps.day_reports.services.build_merchant_day import build_merchant_day
from apps.reconciliation.services.build_day_report import build_day_report


def build_sending(sending: ReportSending) -> list[SentFile] | None:
    """The files of a sending, with the time of when it was promised in them; None where the report
    is not the same any more: another sending has the newer one.

    Args:
        sending: with its subscription, and that with its merchant and provider account.

    Raises:
        DayReportTooLong, MerchantDayTooLong, DayDoesNotAdd.
    """
    subscription = sending.subscription
    now, language = sending.created_at, subscription.language
    if subscription.provider_account is None:
        day = (
            MerchantDay.objects.select_related("merchant")
            .filter(
                pk=UUID(hex=sending.source_key),
                # Whoever is sent it is whose it is.
                merchant=subscription.merchant,
                livemode=subscription.livemode,
                superseded_at=None,
            )
            .first()
        )
        if day is None:
            return None
        # A mailbox is read by more people than a server of the merchant's.
        hides_numbers = sending.way == Way.EMAIL
        return [
            SentFile(file.name, file.content_type, file.content)
            for file in (
                build_merchant_day(
                    day, kind=kind, now=now, language=language, hides_numbers=hides_numbers
                )
                for kind in subscription.formats
            )
        ]
    account = subscription.provider_account
    days = dict(account_days(account.pk, first_day=sending.day, last_day=sending.day))
    if days.get(sending.day) != sending.source_key:
        return None
    stem = f"{account.public_id}_{sending.day.isoformat()}_v{sending.version}"
    with translation.override(language):
        return [
            SentFile(f"{stem}.{kind}", file.content_type, file.content)
            for kind, file in (
                (kind, build_day_report(account=account, day=sending.day, kind=kind, now=now))
                for kind in subscription.formats
            )
        ]
