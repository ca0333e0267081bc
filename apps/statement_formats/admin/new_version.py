"""The page on which a version of a profile is written, tried on a whole file, and asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.approvals.admin.version_page import Tried, VersionKind, version_page
from apps.core.admin import show_money, show_refusal
from apps.core.errors import DomainError
from apps.core.money import grouped
from apps.core.storable_text import storable_text
from apps.statement_formats.admin.layout_form import LayoutForm, typed
from apps.statement_formats.models import StatementProfile
from apps.statement_formats.rules.examples import EXAMPLES
from apps.statement_formats.rules.layout import Format, Layout, layout_as_json
from apps.statement_formats.rules.layout_words import MEANINGS
from apps.statement_formats.rules.preview import Preview, preview_as_json
from apps.statement_formats.rules.sentences import PASSED_OVER, REASONS
from apps.statement_formats.selectors.describe_profile_version import version_lines
from apps.statement_formats.selectors.preview_statement import preview_statement, with_guess

KIND = VersionKind(
    "statement_profile.activate",
    "profile_id",
    "admin/statement_formats/statementprofile/new_version.html",
)
FILE_NAME_MAX = 100
# Of a profile of all accounts, where its layout names no zone.
OTHERWISE = ZoneInfo("UTC")


def new_version_page(
    admin: ModelAdmin[StatementProfile], request: HttpRequest, profile: StatementProfile
) -> HttpResponse:
    form = (
        LayoutForm(request.POST, request.FILES)
        if request.method == "POST"
        else LayoutForm(initial=_initial(request, profile))
    )
    return version_page(
        admin,
        request,
        KIND,
        profile,
        form=form,
        try_it=lambda: _try(profile, form),
        title=_("New version of %(name)s") % {"name": profile.name},
        back=reverse("admin:statement_formats_statementprofile_change", args=[profile.pk]),
        examples=[(key, example.name) for key, example in EXAMPLES.items()],
    )


def _try(profile: StatementProfile, form: LayoutForm) -> Tried | None:
    layout = form.layout()
    if layout is None:
        return None
    payload = {"profile_id": str(profile.pk), "after_number": _latest(profile)}
    if layout.format == Format.CONNECTOR:
        payload |= {"layout": layout_as_json(layout), "preview": {}}
        return Tried(payload, version_lines(profile, payload))
    file = form.cleaned_data["file"]
    if file is None:
        form.add_error("file", _("Choose a file: the layout is tried on it first."))
        return None
    if form.is_delimiter_open:
        layout = with_guess(file, replace(layout, delimiter=""))
    account = profile.provider_account
    try:
        preview = preview_statement(
            file,
            layout,
            connector=profile.connector,
            account=account,
            zone=ZoneInfo(account.timezone) if account else OTHERWISE,
        )
    except DomainError as refusal:
        form.add_error("file", show_refusal(refusal))
        return None
    payload |= {
        "layout": layout_as_json(layout),
        "preview": {
            "file_name": storable_text(file.name, FILE_NAME_MAX),
            **preview_as_json(preview),
        },
    }
    words = _words(preview, layout)
    if not preview.is_usable:
        return Tried(None, trial=words)
    return Tried(payload, version_lines(profile, payload), words)


def _initial(request: HttpRequest, profile: StatementProfile) -> dict[str, Any]:
    example = EXAMPLES.get(request.GET.get("example", ""))
    if example is not None:
        return typed(example.layout)
    version = profile.versions.order_by("-number").first()
    if version is not None:
        return typed(version.layout)
    return {"format": Format.CSV, "has_heading": True, "quote": '"'}


def _latest(profile: StatementProfile) -> int:
    version = profile.versions.order_by("-number").first()
    return version.number if version else 0


def _words(preview: Preview, layout: Layout) -> dict[str, Any]:
    """The preview as its page has it."""
    return {
        "preview": preview,
        "delimiter": {"\t": _("tabulator")}.get(layout.delimiter, layout.delimiter),
        "guessed": {"\t": _("tabulator")}.get(
            preview.dialect.delimiter if preview.dialect else "",
            preview.dialect.delimiter if preview.dialect else "",
        ),
        "counts": [
            (_("lines read"), grouped(preview.read)),
            (_("lines refused"), grouped(preview.refused)),
            (_("references that stand twice"), grouped(preview.repeats)),
            (_("references of ours"), grouped(preview.references)),
            (_("of these, known to our books"), grouped(preview.known)),
            (_("days"), _days(preview)),
        ],
        "refusals": [
            (REASONS.get(code, code), grouped(refusals.count), refusals.first)
            for code, refusals in sorted(preview.refusals.items(), key=lambda each: -each[1].count)
        ],
        "passed_over": [
            (PASSED_OVER[why], grouped(count)) for why, count in preview.passed_over.items()
        ],
        "sums": [
            (
                " · ".join(str(MEANINGS[word]) for word in (operation, outcome) if word),
                grouped(tally.count),
                show_money(tally.amount, currency),
                show_money(tally.fee, currency),
            )
            for (currency, outcome, operation), tally in preview.sums.items()
        ],
    }


def _days(preview: Preview) -> str:
    if not preview.days:
        return "–"
    first, last = min(preview.days), max(preview.days)
    more = "+" if preview.has_more_days else ""
    return f"{first.isoformat()} – {last.isoformat()} ({len(preview.days)}{more})"
