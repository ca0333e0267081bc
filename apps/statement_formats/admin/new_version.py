"""The page on which a version of a profile is written, tried on a whole file, and asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.approvals.admin.asking import ReasonForm, ask_second_person, read_shown, sign_shown
from apps.audit.admin import SuperuserAdmin
from apps.core.admin import read_uuid, show_money, show_refusal
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
from apps.statement_formats.selectors.preview_statement import preview_statement, with_guess

SALT = "statement_formats.new_version"
FILE_NAME_MAX = 100
# Of a profile of all accounts, where its layout names no zone.
OTHERWISE = ZoneInfo("UTC")


class VersionedByTwo(SuperuserAdmin):
    """Nothing is kept before a second person has approved what the first was shown."""

    def has_new_version_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("statement_formats.add_statementprofileversion")

    @action(
        description=_("New version"),
        url_path="new-version",
        permissions=["new_version"],
        icon="edit_document",
    )
    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_new_version_permission(request):
            raise PermissionDenied
        profile = get_object_or_404(self.get_queryset(request), pk=read_uuid(object_id))
        if "shown" in request.POST:
            return self._ask(request, profile)
        if request.method != "POST":
            form = LayoutForm(initial=_initial(request, profile))
            return self._page(request, profile, form, {})
        form = LayoutForm(request.POST, request.FILES)
        layout = form.layout() if form.is_valid() else None
        shown = self._preview(profile, form, layout) if layout is not None else {}
        return self._page(request, profile, form, shown)

    def _preview(
        self, profile: StatementProfile, form: LayoutForm, layout: Layout
    ) -> dict[str, Any]:
        payload = {"profile_id": str(profile.pk), "after_number": _latest(profile)}
        if layout.format == Format.CONNECTOR:
            payload |= {"layout": layout_as_json(layout), "preview": {}}
            return _shown(payload)
        file = form.cleaned_data["file"]
        if file is None:
            form.add_error("file", _("Choose a file: the layout is tried on it first."))
            return {}
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
            return {}
        payload |= {
            "layout": layout_as_json(layout),
            "preview": {
                "file_name": storable_text(file.name, FILE_NAME_MAX),
                **preview_as_json(preview),
            },
        }
        return _shown(payload if preview.is_usable else None) | _words(preview, layout)

    def _ask(self, request: HttpRequest, profile: StatementProfile) -> HttpResponse:
        """Ask a second person for exactly what was shown."""
        page = redirect("admin:statement_formats_statementprofile_new_version", profile.pk)
        payload = read_shown(request, salt=SALT)
        if payload is None or payload["profile_id"] != str(profile.pk):
            text = _("This was shown too long ago. Try the layout again.")
            self.message_user(request, text, messages.ERROR)
            return page
        is_asked = ask_second_person(
            request,
            action="statement_profile.activate",
            target=profile.public_id,
            payload=payload,
            reason=request.POST.get("reason", ""),
        )
        if not is_asked:
            return page
        return redirect("admin:statement_formats_statementprofile_change", profile.pk)

    def _page(
        self,
        request: HttpRequest,
        profile: StatementProfile,
        form: LayoutForm,
        shown: dict[str, Any],
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("New version of %(profile)s") % {"profile": profile.name},
            "form": form,
            "shown": shown,
            "examples": [(key, example.name) for key, example in EXAMPLES.items()],
            "media": self.media + form.media,
            "back_url": reverse(
                "admin:statement_formats_statementprofile_change", args=[profile.pk]
            ),
        }
        template = "admin/statement_formats/statementprofile/new_version.html"
        return TemplateResponse(request, template, context)


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


def _shown(payload: dict[str, Any] | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"is_tried": True}
    if payload is not None:
        shown["signed"] = sign_shown(payload, salt=SALT)
        shown["reason_form"] = ReasonForm()
    return shown


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
