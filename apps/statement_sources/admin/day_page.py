"""How far the reports of one day have come."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSingleDateWidget

from apps.core import database_clock
from apps.core.admin import show_label, show_time
from apps.statement_sources.models import StatementSource
from apps.statement_sources.selectors.day_progress import Progress, Stage, day_progress

STAGES = {
    Stage.NOT_EXPECTED: (_("none expected"), ""),
    Stage.EXPECTED: (_("expected"), "info"),
    Stage.LATE: (_("late"), "danger"),
    Stage.ARRIVING: (_("arriving"), "info"),
    Stage.FETCHED: (_("fetched"), "info"),
    Stage.QUARANTINED: (_("waits for a person"), "danger"),
    Stage.READ: (_("read"), "info"),
    Stage.MATCHED: (_("matched"), "success"),
}


class DayForm(forms.Form):
    day = forms.DateField(
        label=_("day"),
        validators=[MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 1, 1))],
        widget=UnfoldAdminSingleDateWidget,
    )


def day_page(
    request: HttpRequest, sources: QuerySet[StatementSource], context: dict[str, Any]
) -> HttpResponse:
    """The page of the day asked for (`day`), or yesterday's."""
    now = database_clock.now()
    form = DayForm(request.GET if "day" in request.GET else None)
    day = form.cleaned_data["day"] if form.is_valid() else now.date() - timedelta(days=1)
    if not form.is_bound:
        form.initial["day"] = day
    found = day_progress(sources=sources, day=day, now=now)
    wanted = [one for one in found if one.stage is not Stage.NOT_EXPECTED]
    context |= {
        "title": _("Statements of the day"),
        "form": form,
        "media": context["media"] + form.media,
        "rows": [_row(one) for one in found],
        "expected": len(wanted),
        "matched": sum(one.stage is Stage.MATCHED for one in wanted),
        "late": sum(one.stage in (Stage.LATE, Stage.QUARANTINED) for one in wanted),
        **_neighbours(day),
    }
    return TemplateResponse(request, "admin/statement_sources/day.html", context)


def _neighbours(day: date) -> dict[str, str]:
    page = reverse("admin:statement_sources_day")
    named = {"before": day - timedelta(days=1), "after": day + timedelta(days=1)}
    return {name: f"{page}?day={each.isoformat()}" for name, each in named.items()}


def _row(progress: Progress) -> dict[str, Any]:
    source = progress.source
    files = [
        (reverse("admin:statement_sources_receivedfile_change", args=[file.pk]), file.public_id)
        for file in progress.files
    ]
    statement = progress.statement
    return {
        "account": source.provider_account.label,
        "source": source.name,
        "source_url": reverse("admin:statement_sources_statementsource_change", args=[source.pk]),
        "stage": _stage(progress),
        "is_expected": progress.stage is not Stage.NOT_EXPECTED,
        "percent": progress.percent,
        "late_from": show_time(progress.late_from, source.provider_account.timezone),
        "files": files,
        "statement": statement.public_id if statement else "",
        "statement_url": reverse("admin:reconciliation_statement_change", args=[statement.pk])
        if statement
        else "",
        "lines": progress.lines,
        "exceptions": progress.exceptions,
        "by_hand": progress.by_hand,
    }


def _stage(progress: Progress) -> SafeString:
    return show_label(*STAGES[progress.stage])
