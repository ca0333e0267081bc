from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from apps.approvals.admin.asking import ask
from apps.approvals.selectors.pending_for import pending_for
from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import (
    related,
    show_block,
    show_code,
    show_label,
    show_lines,
    show_time,
    show_two,
)
from apps.core.form_pages import RowsWithActs, show_buttons
from apps.core.visible_rows import visible_rows
from apps.providers.admin import AccountFilter
from apps.statement_sources.admin.day_page import day_page
from apps.statement_sources.admin.source_forms import (
    DropInForm,
    NewSourceForm,
    PullForm,
    SourceForm,
)
from apps.statement_sources.models import SourceConnection, StatementSource, Way
from apps.statement_sources.rules.connection_digest import connection_digest
from apps.statement_sources.rules.problems import folder_trouble
from apps.statement_sources.selectors.connection_in_force import connection_in_force
from apps.statement_sources.selectors.describe_connection import connection_lines
from apps.statement_sources.services.draft_connection import draft_connection
from apps.statement_sources.services.make_our_key import CONNECT, promise_our_key
from apps.statement_sources.services.poll_now import poll_now
from apps.statement_sources.services.save_source import save_source


@admin.register(StatementSource)
class StatementSourceAdmin(RowsWithActs):
    public_id_prefix = "sts"
    list_display = ["what", "account_shown", "state", "last", "due", "failure_shown"]
    list_filter = [
        ("is_enabled", BooleanRadioFilter),
        ("way", ChoicesDropdownFilter),
        ("provider_account", AccountFilter),
    ]
    list_select_related = ["provider_account"]
    search_fields = ["id", "login"]
    search_help_text = _("Exactly: the id, sts_…, or the login of who drops in")
    fields = [
        "public_id_shown", "account_shown", "way", "state", "pattern_shown", "when", "complete",
        "first_day", "last", "due", "unmatched_shown", "failure_shown", "connection_shown",
        "our_key_shown", "our_pgp_key_shown", "acts_shown",
    ]  # fmt: skip
    readonly_fields = fields
    account_shown = staticmethod(related("provider_account", _("provider account")))

    def get_fields(self, request: HttpRequest, obj: StatementSource | None = None) -> list[str]:
        # What people upload is neither looked for nor reached.
        return self.fields[:3] if obj is not None and obj.way == Way.UPLOAD else self.fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("day/", view(self.day_view), name="statement_sources_day"),
            path(
                "<uuid:source_id>/edit/",
                view(self.edit_view),
                name="statement_sources_statementsource_edit",
            ),
            path(
                "<uuid:source_id>/connection/",
                view(self.connection_view),
                name="statement_sources_statementsource_connection",
            ),
            path(
                "<uuid:source_id>/look/",
                view(self.look_view),
                name="statement_sources_statementsource_look",
            ),
        ]
        return [*own, *super().get_urls()]

    def day_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "media": self.media,
        }
        return day_page(request, self.get_queryset(request), context)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        form = NewSourceForm(request.POST or None)
        accounts: Any = form.fields["account"]
        accounts.queryset = visible_rows(request.user, accounts.queryset)

        def act(said: dict[str, Any]) -> str:
            save_source(
                source=None,
                account=said["account"],
                way=said["way"],
                order=form.order(),
                actor=actor_of(request),
                now=database_clock.now(),
            )
            if said["way"] == Way.API:
                return str(_("It is made. Now switch it on."))
            return str(_("Now say how it is reached."))

        return self.form_page(
            request,
            form,
            act,
            title=_("New source of statements"),
            back=reverse("admin:statement_sources_statementsource_changelist"),
        )

    def edit_view(self, request: HttpRequest, source_id: Any) -> HttpResponse:
        source = self._source(request, source_id)
        form = SourceForm(request.POST or None, source=source)

        def act(said: dict[str, Any]) -> str:
            save_source(
                source=source,
                order=form.order(),
                seen=said["seen"],
                actor=actor_of(request),
                now=database_clock.now(),
            )
            return str(_("It is changed."))

        return self.form_page(
            request, form, act, title=_("Change the source"), back=_page_of(source)
        )

    def connection_view(self, request: HttpRequest, source_id: Any) -> HttpResponse:
        source = self._source(request, source_id)
        if source.way == Way.API:
            raise Http404
        if not request.user.has_perm("approvals.add_approvalrequest"):
            raise PermissionDenied
        before = connection_in_force(source.pk)
        form_class = DropInForm if source.way == Way.DROP_IN else PullForm
        kept = {} if before is None else {name: getattr(before, name, "") for name in KEPT}
        form = form_class(request.POST or None, initial=kept)

        @transaction.atomic
        def act(said: dict[str, Any]) -> str:
            now = database_clock.now()
            draft = draft_connection(
                source=source, order=form.order(), created_by=actor_of(request), now=now
            )
            if draft.pgp_key_wanted:
                promise_our_key(draft, reason=said["reason"], now=now)
                return str(_("Our key pair is being made. A second person is asked then."))
            return ask(
                request,
                action=CONNECT,
                target=source.public_id,
                payload={"connection_id": str(draft.pk), "digest": connection_digest(draft)},
                reason=said["reason"],
                now=now,
            )

        return self.form_page(
            request,
            form,
            act,
            title=_("How it is reached"),
            button=_("Ask a second person"),
            back=_page_of(source),
            facts=[] if before is None else connection_lines(before),
        )

    def look_view(self, request: HttpRequest, source_id: Any) -> HttpResponse:
        source = self._source(request, source_id)

        def act(said: dict[str, Any]) -> str:
            poll_now(source_id=source.pk, actor=actor_of(request), now=database_clock.now())
            return str(_("It is looked at now."))

        form = forms.Form(request.POST if request.method == "POST" else None)
        return self.form_page(
            request, form, act, title=_("Look now"), back=_page_of(source), facts=[source.name]
        )

    def _source(self, request: HttpRequest, source_id: Any) -> StatementSource:
        """Of what people upload nothing is to be said."""
        found: StatementSource = get_object_or_404(
            self.get_queryset(request).exclude(way=Way.UPLOAD), pk=source_id
        )
        return found

    @display(description=_("source"))
    def what(self, source: StatementSource) -> SafeString:
        return show_two(source, source.get_way_display())

    @display(description=_("id"))
    def public_id_shown(self, source: StatementSource) -> str:
        return source.public_id

    @display(description=_("status"))
    def state(self, source: StatementSource) -> SafeString:
        return show_label(_("on"), "success") if source.is_enabled else show_label(_("off"))

    @display(description=_("file name"))
    def pattern_shown(self, source: StatementSource) -> SafeString:
        return show_code(source.name_pattern)

    @display(description=_("when"))
    def when(self, source: StatementSource) -> SafeString:
        hours = ", ".join(f"{hour:%H:%M}" for hour in source.poll_times)
        days = ", ".join(str(WEEKDAYS_ABBR[day]) for day in source.weekdays)
        words = {"hours": hours, "zone": source.provider_account.timezone}
        return show_lines(
            [
                _("Looked at at %(hours)s (%(zone)s)") % words,
                _("Reports of: %(days)s") % {"days": days},
                _("Late from %(hour)s of the next day") % {"hour": f"{source.latest_time:%H:%M}"},
            ]
        )

    @display(description=_("files"))
    def complete(self, source: StatementSource) -> SafeString:
        corrections = _("with corrections") if source.takes_corrections else _("no corrections")
        if source.way == Way.API:
            size = _("up to %(size)d MB") % {"size": source.size_max_mb}
            return show_lines([_("one a day: the pages of the list, as they came"), size])
        return show_lines(
            [
                source.get_completeness_display() + " " + source.marker_suffix,
                source.get_after_fetch_display(),
                corrections,
                _("up to %(size)d MB") % {"size": source.size_max_mb},
            ]
        )

    @display(description=_("last looked at"))
    def last(self, source: StatementSource) -> str:
        return show_time(source.polled_at)

    @display(description=_("next look"))
    def due(self, source: StatementSource) -> str:
        return show_time(source.due_at)

    @display(description=_("files of other names"))
    def unmatched_shown(self, source: StatementSource) -> str:
        if not source.unmatched:
            return "–"
        words = {"count": source.unmatched, "name": source.unmatched_name}
        return _("%(count)d, as %(name)s") % words

    @display(description=_("last failure"))
    def failure_shown(self, source: StatementSource) -> str:
        return folder_trouble(source.failure) if source.failing_since else "–"

    @display(description=_("how it is reached"))
    def connection_shown(self, source: StatementSource) -> SafeString | str:
        if source.way == Way.API:
            return str(_("By its API, with the account’s own credentials."))
        if source.way == Way.UPLOAD:
            return "–"
        connection = connection_in_force(source.pk)
        lines = (
            [str(_("Two people have to agree first on how it is reached."))]
            if connection is None
            else connection_lines(connection)
        )
        if SourceConnection.objects.filter(source=source).exclude(pgp_key_wanted="").exists():
            lines.append(str(_("Our key pair is being made. A second person is asked then.")))
        return show_lines(lines)

    @display(description=_("our public key, for the provider"))
    def our_key_shown(self, source: StatementSource) -> SafeString | str:
        last = _asked_or_held(source)
        return show_block(last.our_public_key) if last and last.our_public_key else "–"

    @display(description=_("our OpenPGP key, for the provider"))
    def our_pgp_key_shown(self, source: StatementSource) -> SafeString | str:
        last = _asked_or_held(source)
        return show_block(last.pgp_our_keys) if last and last.pgp_our_keys else "–"

    @display(description=_("what can be done"))
    def acts_shown(self, source: StatementSource) -> SafeString | str:
        if not getattr(source, "may_act", False) or source.way == Way.UPLOAD:
            return "–"
        acts = [
            (f"admin:statement_sources_statementsource_{view}", text)
            for view, text in (
                ("edit", _("Change the source")),
                *((("connection", _("How it is reached")),) if source.way != Way.API else ()),
                *((("look", _("Look now")),) if source.is_enabled else ()),
            )
        ]
        return show_buttons((reverse(view, args=[source.pk]), text) for view, text in acts)


# What of the last connection a new one begins with: no secret.
KEPT = (
    "host", "port", "username", "host_keys", "folder", "archive_folder", "partner_keys",
    "pgp_mode", "pgp_provider_keys", "pgp_overlap_until",
)  # fmt: skip


def _asked_or_held(source: StatementSource) -> SourceConnection | None:
    """What a second person may still agree on, or else what holds: a key of ours that was turned
    down is for no provider."""
    asked = [
        waiting.request.payload.get("connection_id")
        for waiting in pending_for(source.public_id, actions=[CONNECT])
        if waiting.request.expires_at > database_clock.now()
    ]
    draft = SourceConnection.objects.filter(source=source, pk__in=asked, number=None).first()
    return draft or connection_in_force(source.pk)


def _page_of(source: StatementSource) -> str:
    return reverse("admin:statement_sources_statementsource_change", args=[source.pk])
