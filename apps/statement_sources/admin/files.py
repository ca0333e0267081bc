from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSingleDateWidget

from apps.approvals.admin.asking import ReasonForm
from apps.audit.admin import actor_of, show_person
from apps.core import database_clock
from apps.core.admin import related, show_label, show_lines, show_long, show_time, show_two
from apps.core.form_pages import show_buttons
from apps.core.money import grouped
from apps.reconciliation.services.check_statement_fits import DAYS_MAX
from apps.statement_sources.admin.uploads import Uploads
from apps.statement_sources.models import FileStatus, OpenedFile, ReceivedFile
from apps.statement_sources.rules.agreed_keys import in_groups
from apps.statement_sources.rules.problems import file_problem
from apps.statement_sources.services.ask_anew import ask_anew, may_be_asked_anew
from apps.statement_sources.services.discard_file import discard_file
from apps.statement_sources.services.read_again import read_again, waits_for_a_person
from apps.vault.masked_text import mask_text

FILE_COLOURS = {
    FileStatus.ARRIVING: "info",
    FileStatus.FETCHING: "info",
    FileStatus.FETCHED: "info",
    FileStatus.IMPORTED: "success",
    FileStatus.QUARANTINED: "danger",
    FileStatus.DISCARDED: "",
}


class ReadAgainForm(ReasonForm):
    day = forms.DateField(
        label=_("last day it covers"),
        required=False,
        help_text=_("Only where its name does not tell."),
        widget=UnfoldAdminSingleDateWidget,
    )
    days = forms.IntegerField(
        label=_("days covered"),
        min_value=1,
        max_value=DAYS_MAX,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    field_order = ["day", "days", "reason"]


@admin.register(ReceivedFile)
class ReceivedFileAdmin(Uploads):
    public_id_prefix = "rcf"
    list_display = ["what", "source_and_day", "status_shown", "why", "seen"]
    list_filter = [("status", ChoicesDropdownFilter), ("day", RangeDateFilter)]
    list_select_related = ["source__provider_account"]
    search_fields = ["id", "source", "statement"]
    search_help_text = _("Exactly: the id, rcf_…")
    fields = [
        "public_id_shown", "name_shown", "source_shown", "status_shown", "why", "day", "days",
        "statement_shown", "size_shown", "digest_shown", "opened_shown", "seen", "fetched",
        "was_read", "person", "note_shown", "acts_shown",
    ]  # fmt: skip
    readonly_fields = fields
    source_shown = staticmethod(related("source", _("source")))
    statement_shown = staticmethod(related("statement", _("statement")))

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<uuid:file_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"statement_sources_receivedfile_{name}",
            )
            for name, view in (
                ("again", self.again_view),
                ("discard", self.discard_view),
                ("anew", self.anew_view),
            )
        ]
        return [*own, *super().get_urls()]

    def again_view(self, request: HttpRequest, file_id: Any) -> HttpResponse:
        file = get_object_or_404(self.get_queryset(request), pk=file_id)

        def act(said: dict[str, Any]) -> str:
            read_again(
                file_id=file.pk,
                day=said["day"],
                days=said["days"],
                reason=said["reason"],
                actor=actor_of(request),
                now=database_clock.now(),
            )
            return str(_("It is read again now."))

        form = ReadAgainForm(request.POST or None, initial={"day": file.day, "days": file.days})
        return self._page(request, file, form, act, title=_("Read again"))

    def discard_view(self, request: HttpRequest, file_id: Any) -> HttpResponse:
        return self._reason_page(
            request,
            file_id,
            discard_file,
            lambda _file: _("It is discarded, and kept."),
            title=_("Discard"),
        )

    def anew_view(self, request: HttpRequest, file_id: Any) -> HttpResponse:
        return self._reason_page(request, file_id, ask_anew, _what_is_asked, title=_("Ask anew"))

    def _reason_page(
        self,
        request: HttpRequest,
        file_id: Any,
        service: Callable[..., ReceivedFile],
        done: Callable[[ReceivedFile], Any],
        *,
        title: Any,
    ) -> HttpResponse:
        """What is done with a file for a reason, and what is said then."""
        file = get_object_or_404(self.get_queryset(request), pk=file_id)

        def act(said: dict[str, Any]) -> str:
            changed = service(
                file_id=file.pk,
                reason=said["reason"],
                actor=actor_of(request),
                now=database_clock.now(),
            )
            return str(done(changed))

        return self._page(request, file, ReasonForm(request.POST or None), act, title=title)

    def _page(
        self, request: HttpRequest, file: ReceivedFile, form: forms.Form, act: Any, *, title: Any
    ) -> HttpResponse:
        back = reverse("admin:statement_sources_receivedfile_change", args=[file.pk])
        facts = [mask_text(file.name), file_problem(file.problem), mask_text(file.problem_detail)]
        return self.form_page(request, form, act, title=title, back=back, facts=filter(None, facts))

    @display(description=_("file"))
    def what(self, file: ReceivedFile) -> SafeString:
        return show_two(file.public_id, mask_text(file.name))

    @display(description=_("source, day"))
    def source_and_day(self, file: ReceivedFile) -> SafeString:
        return show_two(file.source, date_format(file.day) if file.day else "–")

    @display(description=_("id"))
    def public_id_shown(self, file: ReceivedFile) -> str:
        return file.public_id

    @display(description=_("file"))
    def name_shown(self, file: ReceivedFile) -> SafeString:
        return show_long(mask_text(file.name))

    @display(description=_("status"))
    def status_shown(self, file: ReceivedFile) -> SafeString:
        status = show_label(file.get_status_display(), FILE_COLOURS[FileStatus(file.status)])
        if not file.is_correction:
            return status
        return format_html("{} {}", status, show_label(_("correction"), "warning"))

    @display(description=_("problem"))
    def why(self, file: ReceivedFile) -> SafeString | str:
        if file.failing_since:
            return file_problem(file.failure.partition(":")[0])
        if not file.problem:
            return "–"
        return show_two(file_problem(file.problem), mask_text(file.problem_detail))

    @display(description=_("size, bytes"))
    def size_shown(self, file: ReceivedFile) -> str:
        return grouped(file.size)

    @display(description=_("SHA-256"))
    def digest_shown(self, file: ReceivedFile) -> SafeString | str:
        return show_long(bytes(file.sha256).hex()) if file.sha256 else "–"

    @display(description=_("signed and encrypted"))
    def opened_shown(self, file: ReceivedFile) -> SafeString | str:
        opened = OpenedFile.objects.filter(pk=file.pk).first()
        if opened is None:
            return "–"
        words = {"key": in_groups(opened.signed_by), "time": show_time(opened.signed_at)}
        lines = [_("Signed by %(key)s, %(time)s") % words]
        if opened.encrypted_to:
            lines.append(_("Encrypted to %(key)s") % {"key": in_groups(opened.encrypted_to)})
        lines.append(_("In it: %(size)s bytes, SHA-256:") % {"size": grouped(opened.size)})
        return show_lines([*lines, show_long(bytes(opened.sha256).hex())])

    @display(description=_("seen"))
    def seen(self, file: ReceivedFile) -> str:
        return show_time(file.seen_at)

    @display(description=_("fetched"))
    def fetched(self, file: ReceivedFile) -> str:
        return show_time(file.fetched_at, file.source.provider_account.timezone)

    @display(description=_("read"))
    def was_read(self, file: ReceivedFile) -> str:
        return show_time(file.read_at, file.source.provider_account.timezone)

    @display(description=_("seen to by"))
    def person(self, file: ReceivedFile) -> str:
        return show_person(file.closed_by)

    @display(description=_("what was done"))
    def note_shown(self, file: ReceivedFile) -> str:
        return mask_text(file.note) or "–"

    @display(description=_("what can be done"))
    def acts_shown(self, file: ReceivedFile) -> SafeString | str:
        acts: list[tuple[str, Any]] = []
        if waits_for_a_person(file):
            acts = [("again", _("Read again")), ("discard", _("Discard"))]
        elif may_be_asked_anew(file):
            acts = [("anew", _("Ask anew"))]
        if not getattr(file, "may_act", False) or not acts:
            return "–"
        return show_buttons(
            (reverse(f"admin:statement_sources_receivedfile_{view}", args=[file.pk]), text)
            for view, text in acts
        )


def _what_is_asked(file: ReceivedFile) -> Any:
    if file.source.is_enabled:
        return _("The provider is asked for the day anew.")
    return _("The source is off: the provider is asked for the day once it is switched on.")
