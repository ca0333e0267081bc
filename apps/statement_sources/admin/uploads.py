"""Reports that people upload: taken at once, read and matched by a worker, followed on a page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
)

from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import show_refusal
from apps.core.errors import DomainError
from apps.core.form_pages import RowsWithActs
from apps.core.money import grouped
from apps.core.visible_rows import visible_rows
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Statement
from apps.reconciliation.services.check_statement_fits import DAYS_MAX
from apps.statement_sources.models import FileStatus, ReceivedFile
from apps.statement_sources.rules.problems import file_problem
from apps.statement_sources.rules.uploads import given_name
from apps.statement_sources.services.receive_upload import receive_upload
from apps.vault.masked_text import mask_text

UPLOAD = "reconciliation.add_statement"
VIEW_STATEMENT = "reconciliation.view_statement"
REFRESH_S = 3


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


class Uploads(RowsWithActs):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("upload/", view(self.upload_view), name="statement_sources_receivedfile_upload"),
            path(
                "<uuid:file_id>/progress/",
                view(self.upload_progress_view),
                name="statement_sources_receivedfile_progress",
            ),
        ]
        return [*own, *super().get_urls()]

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(UPLOAD):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        accounts: Any = form.fields["account"]
        accounts.queryset = visible_rows(request.user, accounts.queryset)
        if form.is_valid():
            said = form.cleaned_data
            try:
                file, is_new = receive_upload(
                    account=said["account"],
                    day=said["day"],
                    days=said["days"] or 1,
                    file=said["file"],
                    file_name=said["file"].name,
                    actor=actor_of(request),
                    now=database_clock.now(),
                )
            except DomainError as refusal:
                field = refusal.field if refusal.field in form.fields else None
                form.add_error(field, show_refusal(refusal))
            else:
                if not is_new and file.statement_id:
                    text = _("This file was imported before.")
                    self.message_user(request, text, messages.WARNING)
                return redirect("admin:statement_sources_receivedfile_progress", file.pk)
        return self.show_form(
            request,
            form,
            title=_("Import a statement"),
            back=reverse("admin:reconciliation_statement_changelist"),
        )

    def upload_progress_view(self, request: HttpRequest, file_id: Any) -> HttpResponse:
        if not request.user.has_perm(UPLOAD):
            raise PermissionDenied
        files = ReceivedFile.objects.select_related("source__provider_account", "statement")
        file = get_object_or_404(visible_rows(request.user, files), pk=file_id)
        statement = file.statement
        percent, stage = _stage(file, statement)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Import a statement"),
            "file": mask_text(given_name(file.name)),
            "account": file.source.provider_account.label,
            "day": date_format(file.day) if file.day else "",
            "percent": percent,
            "stage": stage,
            "problem": _problem(file),
            "lines": grouped(statement.lines_read) if statement else "",
            "broken": grouped(statement.lines_broken) if statement else "",
            "statement_url": reverse("admin:reconciliation_statement_change", args=[statement.pk])
            if statement and request.user.has_perm(VIEW_STATEMENT)
            else "",
            "file_url": reverse("admin:statement_sources_receivedfile_change", args=[file.pk])
            if self.has_view_permission(request)
            else "",
            "upload_url": reverse("admin:statement_sources_receivedfile_upload"),
            "refresh_s": REFRESH_S if file.due_at or _is_being_matched(statement) else 0,
        }
        return TemplateResponse(request, "admin/statement_sources/upload.html", context)


def _is_being_matched(statement: Statement | None) -> bool:
    return statement is not None and statement.status == Statement.Status.STAGED


def _stage(file: ReceivedFile, statement: Statement | None) -> tuple[int, Any]:
    if file.status == FileStatus.FETCHED:
        return 33, _("It is kept as it came; a worker reads it.")
    if statement is None:
        return 33, file.get_status_display()
    if _is_being_matched(statement):
        return 66, _("All of it is read; it is being matched.")
    return 100, statement.get_status_display()


def _problem(file: ReceivedFile) -> str:
    if file.failing_since:
        return file_problem(file.failure.partition(":")[0])
    if not file.problem:
        return ""
    return " ".join([file_problem(file.problem), mask_text(file.problem_detail)]).strip()
