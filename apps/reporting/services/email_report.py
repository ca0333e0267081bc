from __future__ import annotations

from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format, number_format

from apps.core.money import Money, grouped
from apps.core.staff_address import staff_address
from apps.core.table_files import Table, csv_file
from apps.core.work.outbox import ClaimedMessage
from apps.reporting.models import ReportSchedule
from apps.reporting.rules import dispute_totals
from apps.reporting.rules.period import Period
from apps.reporting.rules.totals import NAMES
from apps.reporting.selectors.bounds_of import bounds_of
from apps.reporting.selectors.compare_figures import ComparedRow, compare_figures
from apps.reporting.selectors.read_disputes import read_disputes
from apps.reporting.selectors.selection import Selection

PERMISSION = "reporting.view_reportedhour"
BY = ("provider", "country", "operator")


class ReportNotSent(Exception):
    """The mail server did not take it: try again later. Says no address."""


def email_report(message: ClaimedMessage) -> None:
    """Send one promised report, with the figures as CSV files: of what the person may see now.

    Sent again after a crash, it bears the same Message-ID, by which mail programs know it.

    Raises:
        ReportNotSent: it stays in the outbox.
    """
    schedule = (
        ReportSchedule.objects.select_related("user")
        .filter(pk=UUID(message.payload["schedule_id"]), user__is_active=True, user__is_staff=True)
        .first()
    )
    period = Period(
        datetime.fromisoformat(message.payload["begin"]),
        datetime.fromisoformat(message.payload["end"]),
    )
    if schedule is None or not schedule.user.email or not schedule.user.has_perm(PERMISSION):
        return
    filters = {"country": schedule.country, "provider": schedule.provider}
    selection = Selection(
        schedule.livemode,
        bounds_of(schedule.user),
        {name: [value] for name, value in filters.items() if value},
    )
    subject, body = _text(schedule, period, compare_figures(selection, period))
    email = EmailMessage(
        subject=subject,
        body=body,
        to=[schedule.user.email],
        headers={"Message-ID": f"<{message.id}@lomi>"},
    )
    days = f"{period.begin:%Y%m%d}-{period.end:%Y%m%d}"
    email.attach(f"report-{days}.csv", csv_file(_table(selection, period)), "text/csv")
    disputes = _disputes(selection, period)
    if disputes.rows:
        email.attach(f"disputes-{days}.csv", csv_file(disputes), "text/csv")
    try:
        email.send()
    except (SMTPException, OSError) as error:
        raise ReportNotSent(type(error).__name__) from None


def _text(schedule: ReportSchedule, period: Period, rows: list[ComparedRow]) -> tuple[str, str]:
    zone = ZoneInfo(schedule.timezone)
    language = "en" if schedule.language == "en" else "fr"
    with translation.override(language):
        context = {
            "first": date_format(period.begin.astimezone(zone), "j F Y"),
            "last": date_format((period.end - timedelta(hours=1)).astimezone(zone), "j F Y"),
            "zone": schedule.timezone,
            "livemode": schedule.livemode,
            "rows": [_shown(row) for row in rows],
            "address": _address(schedule, period),
        }
        text = render_to_string(f"email/report.{language}.txt", context)
    subject, _, body = text.strip().partition("\n")
    return " ".join(subject.split()), body.strip() + "\n"


def _address(schedule: ReportSchedule, period: Period) -> str:
    """The page that shows the same and says why: of the same days, as far as days of UTC are."""
    zone = ZoneInfo(schedule.timezone)
    asked = {
        "mode": "live" if schedule.livemode else "test",
        "first": f"{period.begin.astimezone(zone):%Y-%m-%d}",
        "last": f"{(period.end - timedelta(hours=1)).astimezone(zone):%Y-%m-%d}",
        "provider": schedule.provider,
        "country": schedule.country,
    }
    named = {name: value for name, value in asked.items() if value}
    return staff_address("reporting_reportedhour_changelist", **named)


def _shown(row: ComparedRow) -> dict[str, str]:
    rates = [row.totals.success_basis_points, row.previous.success_basis_points]
    now, before = ("–" if one is None else f"{number_format(one / 100, 1)} %" for one in rates)
    return {
        "operation": str(row.key.operation),
        "created": grouped(row.totals.created),
        "created_before": grouped(row.previous.created),
        "success": now,
        "success_before": before,
        "volume": str(Money(row.totals.amount_succeeded, str(row.key.currency))),
        "volume_before": str(Money(row.previous.amount_succeeded, str(row.key.currency))),
    }


def _table(selection: Selection, period: Period) -> Table:
    rows = compare_figures(selection, period, group_by=BY)
    return Table(
        "",
        ["operation", "currency", *BY, *NAMES],
        [
            [
                *(getattr(row.key, name) for name in ("operation", "currency", *BY)),
                *(getattr(row.totals, name) for name in NAMES),
            ]
            for row in rows
        ],
    )


def _disputes(selection: Selection, period: Period) -> Table:
    names = (*dispute_totals.NAMES, "payments", "share_basis_points", "answer_p50_s")
    rows = read_disputes(selection, period, group_by=BY)
    return Table(
        "",
        ["currency", *BY, *names],
        [
            [
                *(getattr(row.key, name) for name in ("currency", *BY)),
                *(getattr(row.totals, name) for name in names),
            ]
            for row in rows
        ],
    )
