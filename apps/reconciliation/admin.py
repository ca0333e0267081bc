from __future__ import annotations

from datetime import date
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV
from import_export.resources import ModelResource
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.contrib.import_export.forms import ExportForm
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
)

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core.admin import (
    DayRangeFilter,
    ReadOnlyAdmin,
    ZonedDayFilter,
    read_public_id,
    related,
    show_block,
    show_label,
    show_money,
    show_time,
    show_two,
)
from apps.core.errors import DomainError
from apps.core.money import EXPONENTS
from apps.core.public_ids import encode_id
from apps.orchestration.models import Attempt
from apps.orchestration.rules.owners import owner_of
from apps.providers.admin import AccountFilter
from apps.providers.contract import ReadsStatements
from apps.providers.models import ProviderAccount
from apps.providers.registry import connector_for
from apps.reconciliation.admin_decisions import ReasonForm, WithdrawnByTwo
from apps.reconciliation.models import (
    Discrepancy,
    Statement,
    StatementLine,
    StatementWithdrawal,
)
from apps.reconciliation.selectors.day_summary import DaySummary, Tally, day_summary
from apps.reconciliation.services.check_statement_fits import DAYS_MAX
from apps.reconciliation.services.import_statement import import_statement
from apps.reconciliation.services.resolve_discrepancy import (
    DiscrepancyClosed,
    resolve_discrepancy,
)
from apps.vault.masked_text import mask_text

STATEMENT_COLOURS = {
    Statement.Status.STAGED: "info",
    Statement.Status.MATCHED: "success",
    Statement.Status.WITHDRAWN: "warning",
}

MATCH_COLOURS = {
    StatementLine.Match.WAITING: "info",
    StatementLine.Match.MATCHED: "success",
    StatementLine.Match.EXCEPTION: "danger",
    StatementLine.Match.SEEN_BEFORE: "",
    StatementLine.Match.SUPERSEDED: "",
}

DISCREPANCY_COLOURS = {
    Discrepancy.Status.OPEN: "danger",
    Discrepancy.Status.REPAIRED: "success",
    Discrepancy.Status.RESOLVED: "info",
    Discrepancy.Status.SUPERSEDED: "",
    Discrepancy.Status.WITHDRAWN: "",
}

# A spreadsheet would run a cell that begins so as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class UploadForm(forms.Form):
    account = forms.ModelChoiceField(
        ProviderAccount.objects.order_by("label"),
        label=_("provider account"),
        widget=UnfoldAdminSelectWidget,
    )
    day = forms.DateField(label=_("day"), widget=UnfoldAdminSingleDateWidget)
    days = forms.IntegerField(
        label=_("days covered"),
        help_text=_("More than one if the report covers several days; then the day is the last."),
        initial=1,
        min_value=1,
        max_value=DAYS_MAX,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    file = forms.FileField(label=_("file"), widget=UnfoldAdminFileFieldWidget)


class ImportedFilter(DayRangeFilter):
    """A line's own time is the provider's; its id tells when it was imported."""

    word = _("imported")


@admin.register(Statement)
class StatementAdmin(WithdrawnByTwo):
    public_id_prefix = "sta"
    list_display = [
        "id_and_time", "provider_account_shown", "day", "days", "status_shown", "lines_read",
        "lines_broken",
    ]  # fmt: skip
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("provider_account", AccountFilter),
        ("day", RangeDateFilter),
    ]
    list_select_related = ["provider_account"]
    search_fields = ["id"]
    search_help_text = _("The id of the statement, sta_…")
    fields = [
        "public_id", "provider_account_shown", "day", "days", "file_name", "status_shown",
        "lines_read", "lines_broken", "imported", "matched", "withdrawn", "summary",
    ]  # fmt: skip
    readonly_fields = fields
    provider_account_shown = staticmethod(related("provider_account", _("provider account")))
    actions_list = ["upload"]

    def has_upload_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reconciliation.add_statement")

    @action(
        description=_("Import a statement"),
        url_path="upload",
        permissions=["upload"],
        icon="upload_file",
    )
    def upload(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            statement = self._import(request, form)
            if statement is not None:
                return HttpResponseRedirect(
                    reverse("admin:reconciliation_statement_change", args=[statement.pk])
                )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Import a statement"),
            "form": form,
            "media": self.media + form.media,
            "list_url": reverse("admin:reconciliation_statement_changelist"),
        }
        return TemplateResponse(request, "reconciliation/form_page.html", context)

    def _import(self, request: HttpRequest, form: UploadForm) -> Statement | None:
        account = form.cleaned_data["account"]
        file = form.cleaned_data["file"]
        now = timezone.now()
        reader = connector_for(account)
        if not isinstance(reader, ReadsStatements):
            form.add_error("account", _("No statement of this provider can be read yet."))
            return None
        try:
            statement = import_statement(
                provider_account=account,
                day=form.cleaned_data["day"],
                days=form.cleaned_data["days"] or 1,
                file=file,
                file_name=file.name,
                reader=reader,
                now=now,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.detail)
            return None
        if statement.created_at != now:
            self.message_user(request, _("This file was imported before."), messages.WARNING)
            return statement
        record(
            actor=actor_of(request),
            action="statement.import",
            target=statement.public_id,
            detail={"file": statement.file_name, "lines": statement.lines_read},
            now=now,
        )
        self.message_user(
            request,
            ngettext(
                "%d line imported; it is being matched.",
                "%d lines imported; they are being matched.",
                statement.lines_read,
            )
            % statement.lines_read,
            messages.SUCCESS,
        )
        return statement

    @display(description=_("id"))
    def public_id(self, statement: Statement) -> str:
        return statement.public_id

    @display(description=_("status"))
    def status_shown(self, statement: Statement) -> SafeString:
        return show_label(
            statement.get_status_display(), STATEMENT_COLOURS[Statement.Status(statement.status)]
        )

    @display(description=_("statement"))
    def id_and_time(self, statement: Statement) -> SafeString:
        return show_two(statement.public_id, show_time(statement.created_at))

    @display(description=_("imported"))
    def imported(self, statement: Statement) -> str:
        return show_time(statement.created_at, statement.provider_account.timezone)

    @display(description=_("matched"))
    def matched(self, statement: Statement) -> str:
        return show_time(statement.matched_at, statement.provider_account.timezone)

    @display(description=_("withdrawn"))
    def withdrawn(self, statement: Statement) -> str:
        if statement.status != Statement.Status.WITHDRAWN:
            return "–"
        withdrawal = StatementWithdrawal.objects.select_related("requested_by", "approved_by").get(
            statement=statement
        )
        return _(
            "%(time)s, asked for by %(requested_by)s, approved by %(approved_by)s: %(reason)s"
        ) % {
            "time": show_time(withdrawal.withdrawn_at, statement.provider_account.timezone),
            "requested_by": withdrawal.requested_by,
            "approved_by": withdrawal.approved_by,
            "reason": withdrawal.reason,
        }

    @display(description=_("the whole day"))
    def summary(self, statement: Statement) -> SafeString:
        found = day_summary(provider_account_id=statement.provider_account_id, day=statement.day)
        return show_block("\n".join(_summary_lines(found)))


@admin.register(StatementLine)
class StatementLineAdmin(ReadOnlyAdmin):
    list_display = [
        "line_number", "statement_shown", "match_shown", "why", "amount_shown", "outcome",
        "reference", "provider_reference",
    ]  # fmt: skip
    list_filter = [("match", ChoicesDropdownFilter), ("occurred_at", ImportedFilter)]
    list_select_related = ["statement__provider_account"]
    search_fields = ["reference", "provider_reference", "attempt_id", "statement_id"]
    search_help_text = _("Exactly a reference, or the id of an attempt att_… or statement sta_…")
    fields = [
        "statement_shown", "line_number", "match_shown", "why", "counted_as", "amount_shown",
        "fee", "outcome", "reference", "provider_reference", "occurred", "raw_shown", "payment",
    ]  # fmt: skip
    readonly_fields = fields
    statement_shown = staticmethod(related("statement", _("statement")))

    def matching(self, text: str) -> Q:
        return super().matching(_as_uuid_text(text))

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementLine]:
        # The last one tells: what it is an exception for, or how that ended.
        kind = Discrepancy.objects.filter(line=OuterRef("pk")).order_by("-opened_at").values("kind")
        lines: QuerySet[StatementLine] = super().get_queryset(request)
        return lines.annotate(discrepancy_kind=Subquery(kind[:1]))

    @display(description=_("match"))
    def match_shown(self, line: StatementLine) -> SafeString:
        if line.statement.status == Statement.Status.WITHDRAWN:
            return show_label(Statement.Status.WITHDRAWN.label)
        return show_label(line.get_match_display(), MATCH_COLOURS[StatementLine.Match(line.match)])

    @display(description=_("reason"))
    def why(self, line: StatementLine) -> Any:
        if line.statement.status == Statement.Status.WITHDRAWN:
            return _("Its report was withdrawn.")
        if line.match == StatementLine.Match.SEEN_BEFORE:
            return _("An earlier report has the same line.")
        if line.match == StatementLine.Match.SUPERSEDED:
            if line.counted_as_id:
                return _("A newer report says it otherwise.")
            return _("The newer report of its day does not have it.")
        if line.match == StatementLine.Match.EXCEPTION:
            kind = getattr(line, "discrepancy_kind", None)
            words = [Discrepancy.Kind(kind).label] if kind else []
            return ": ".join(str(word) for word in [*words, line.problem] if word)
        if line.match == StatementLine.Match.MATCHED:
            return _("Both sides agree.")
        return _("Not compared yet.")

    @display(description=_("counted as"))
    def counted_as(self, line: StatementLine) -> str:
        if line.counted_as_id is None:
            return "–"
        other = StatementLine.objects.select_related("statement__provider_account").get(
            pk=line.counted_as_id
        )
        url = reverse("admin:reconciliation_statementline_change", args=[other.pk])
        text = _("line %(number)d of %(statement)s") % {
            "number": other.line_number,
            "statement": f"{other.statement} ({other.statement.public_id})",
        }
        return format_html('<a href="{}">{}</a>', url, text)

    @display(description=_("amount"))
    def amount_shown(self, line: StatementLine) -> str:
        return _money(line.amount, line.currency)

    @display(description=_("occurred"))
    def occurred(self, line: StatementLine) -> str:
        return show_time(line.occurred_at, line.statement.provider_account.timezone)

    @display(description=_("line as it came"))
    def raw_shown(self, line: StatementLine) -> SafeString:
        return show_block(mask_text(line.raw))

    @display(description=_("payment"))
    def payment(self, line: StatementLine) -> str:
        return _owner_link(line.attempt_id)


class DiscrepancyResource(ModelResource):
    """What finance takes away: one row each, amounts in minor units."""

    id = Field(attribute="public_id", column_name="id")
    provider_account = Field(attribute="provider_account__label", column_name="provider_account")
    day = Field(column_name="day")
    line_number = Field(attribute="line__line_number", column_name="line_number")
    reference = Field(attribute="line__reference", column_name="reference")
    provider_reference = Field(
        attribute="line__provider_reference", column_name="provider_reference"
    )
    attempt = Field(column_name="attempt")
    owner = Field(attribute="owner__username", column_name="owner")

    class Meta:
        model = Discrepancy
        fields = (
            "id", "kind", "status", "provider_account", "day", "line_number", "reference",
            "provider_reference", "attempt", "our_amount", "their_amount", "currency", "detail",
            "resolution", "owner", "opened_at", "closed_at",
        )  # fmt: skip
        export_order = fields

    def dehydrate_day(self, discrepancy: Discrepancy) -> str:
        day = _day(discrepancy)
        return day.isoformat() if day else ""

    def dehydrate_attempt(self, discrepancy: Discrepancy) -> str:
        return encode_id("att", discrepancy.attempt_id) if discrepancy.attempt_id else ""

    def export_field(self, field: Any, instance: Any, **options: Any) -> Any:
        value = super().export_field(field, instance, **options)
        is_number = field.column_name in {"our_amount", "their_amount"}
        if isinstance(value, str) and not is_number and value.startswith(FORMULA_STARTS):
            return f"'{value}"
        return value


@admin.register(Discrepancy)
class DiscrepancyAdmin(ExportMixin, ReadOnlyAdmin):
    public_id_prefix = "dis"
    list_display = [
        "id_and_time", "kind", "status_shown", "account_and_day", "ours_and_theirs", "owner_shown",
    ]  # fmt: skip
    # Not only the last days: what is open must be seen however old it is.
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("provider_account", AccountFilter),
        ("opened_at", ZonedDayFilter),
    ]
    list_select_related = ["provider_account", "statement", "line", "owner"]
    search_fields = ["id", "attempt_id", "statement_id"]
    search_help_text = _("The id of the discrepancy dis_…, of an attempt att_… or statement sta_…")
    fields = [
        "public_id", "kind", "status_shown", "provider_account_shown", "day_shown",
        "statement_shown", "line_shown", "payment", "ours", "theirs", "detail", "owner_shown",
        "resolution", "opened", "closed",
    ]  # fmt: skip
    readonly_fields = fields
    provider_account_shown = staticmethod(related("provider_account", _("provider account")))
    statement_shown = staticmethod(related("statement", _("statement")))
    line_shown = staticmethod(related("line", _("line"), lambda line: str(line.line_number)))
    owner_shown = staticmethod(related("owner", _("owner")))
    actions = ["resolve"]
    resource_classes = [DiscrepancyResource]
    export_form_class = ExportForm
    formats = [CSV]

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reconciliation.change_discrepancy")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))

    def get_export_data(
        self, file_format: Any, request: HttpRequest, queryset: QuerySet[Any], **more: Any
    ) -> Any:
        data = super().get_export_data(file_format, request, queryset, **more)
        record(
            actor=actor_of(request),
            action="discrepancy.export",
            detail={"rows": queryset.count(), "filters": request.GET.dict()},
            now=timezone.now(),
        )
        return data

    @admin.action(description=_("Resolve with a reason"), permissions=["resolve"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[Discrepancy]) -> HttpResponse | None:
        chosen = list(queryset)
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            self._resolve(request, chosen, form.cleaned_data["reason"])
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Resolve with a reason"),
            "form": form,
            "media": self.media + form.media,
            "chosen": [
                (one.pk, f"{one.public_id} · {one.get_kind_display()} · {one.provider_account}")
                for one in chosen
            ],
            "action": "resolve",
            "list_url": reverse("admin:reconciliation_discrepancy_changelist"),
        }
        return TemplateResponse(request, "reconciliation/form_page.html", context)

    def _resolve(self, request: HttpRequest, chosen: list[Discrepancy], reason: str) -> None:
        now = timezone.now()
        resolved = 0
        for discrepancy in chosen:
            try:
                resolve_discrepancy(
                    discrepancy_id=discrepancy.pk,
                    reason=reason,
                    resolved_by=cast(AbstractBaseUser, request.user),
                    now=now,
                )
            except DiscrepancyClosed as refusal:
                self.message_user(
                    request, f"{discrepancy.public_id}: {refusal.detail}", messages.WARNING
                )
            else:
                resolved += 1
        if resolved:
            self.message_user(
                request,
                ngettext("%d discrepancy resolved.", "%d discrepancies resolved.", resolved)
                % resolved,
                messages.SUCCESS,
            )

    def matching(self, text: str) -> Q:
        return super().matching(_as_uuid_text(text))

    @display(description=_("id"))
    def public_id(self, discrepancy: Discrepancy) -> str:
        return discrepancy.public_id

    @display(description=_("status"))
    def status_shown(self, discrepancy: Discrepancy) -> SafeString:
        return show_label(
            discrepancy.get_status_display(),
            DISCREPANCY_COLOURS[Discrepancy.Status(discrepancy.status)],
        )

    @display(description=_("day"))
    def day_shown(self, discrepancy: Discrepancy) -> object:
        return _day(discrepancy) or "–"

    @display(description=_("ours"))
    def ours(self, discrepancy: Discrepancy) -> str:
        return _money(discrepancy.our_amount, discrepancy.currency)

    @display(description=_("theirs"))
    def theirs(self, discrepancy: Discrepancy) -> str:
        return _money(discrepancy.their_amount, discrepancy.currency)

    @display(description=_("discrepancy"))
    def id_and_time(self, discrepancy: Discrepancy) -> SafeString:
        return show_two(discrepancy.public_id, show_time(discrepancy.opened_at))

    @display(description=_("provider account, day"))
    def account_and_day(self, discrepancy: Discrepancy) -> SafeString:
        day = _day(discrepancy)
        return show_two(discrepancy.provider_account, date_format(day) if day else "–")

    @display(description=_("ours, theirs"))
    def ours_and_theirs(self, discrepancy: Discrepancy) -> SafeString:
        return show_two(self.ours(discrepancy), self.theirs(discrepancy))

    @display(description=_("opened"))
    def opened(self, discrepancy: Discrepancy) -> str:
        return show_time(discrepancy.opened_at, discrepancy.provider_account.timezone)

    @display(description=_("closed"))
    def closed(self, discrepancy: Discrepancy) -> str:
        return show_time(discrepancy.closed_at, discrepancy.provider_account.timezone)

    @display(description=_("payment"))
    def payment(self, discrepancy: Discrepancy) -> str:
        return _owner_link(discrepancy.attempt_id)


def _day(discrepancy: Discrepancy) -> date | None:
    """The missing day, or the day of the report it was found with."""
    return discrepancy.day or (discrepancy.statement.day if discrepancy.statement else None)


def _summary_lines(found: DaySummary) -> list[str]:
    lines = []
    for summed in found.currencies:
        for label, tally in (
            (_("matched"), summed.matched),
            (_("exceptions"), summed.exceptions),
            (_("waiting"), summed.waiting),
            (_("total"), summed.total),
        ):
            lines.append(f"{label}: {_tally(tally, summed.currency)}")
        for label, tally in (
            (_("seen before"), summed.seen_before),
            (_("superseded"), summed.superseded),
        ):
            if tally.count:
                lines.append(f"{label}: {tally.count}")
    for (kind, status), count in found.discrepancies.items():
        kind_shown = Discrepancy.Kind(kind).label
        lines.append(f"{kind_shown} ({Discrepancy.Status(status).label}): {count}")
    return lines


def _tally(tally: Tally, currency: str) -> str:
    if not currency:
        return str(tally.count)
    shown = f"{tally.count} · {_money(tally.amount, currency)}"
    if tally.fee:
        fee, net = _money(tally.fee, currency), _money(tally.net, currency)
        shown += " · " + _("fee %(fee)s, net %(net)s") % {"fee": fee, "net": net}
    if tally.failed:
        shown += " · " + ngettext("%d failed", "%d failed", tally.failed) % tally.failed
    return shown


def _money(amount: int | None, currency: str) -> str:
    if amount is None:
        return "–"
    # A report may name a currency we do not know.
    return str(show_money(amount, currency)) if currency in EXPONENTS else f"{amount} {currency}"


def _owner_link(attempt_id: UUID | None) -> str:
    """To what the attempt was made for."""
    attempts = Attempt.objects.filter(pk=attempt_id) if attempt_id else Attempt.objects.none()
    key = attempts.values_list("owner_type", "owner_id").first()
    if key is None:
        return "–"
    owner = owner_of(key[0])
    url = reverse(owner.admin_page, args=[key[1]])
    return format_html('<a href="{}">{}</a>', url, encode_id(owner.prefix, key[1]))


def _as_uuid_text(text: str) -> str:
    """A public id of an attempt or a statement as the UUID it stands for."""
    for prefix in ("att", "sta"):
        found = read_public_id(prefix, text)
        if found is not None:
            return str(found)
    return text
