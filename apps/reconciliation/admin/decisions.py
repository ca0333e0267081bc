"""What staff ask for when a report is of another day or account: a second person approves it."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.approvals.admin.asking import ReasonForm, ask_second_person
from apps.core.admin import ReadOnlyAdmin
from apps.reconciliation.models import Statement


class WithdrawnByTwo(ReadOnlyAdmin):
    """The action that asks to take one statement back."""

    actions = ("ask_to_withdraw",)

    def has_request_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("approvals.add_approvalrequest")

    @admin.action(description=_("Ask to withdraw"), permissions=["request"])
    def ask_to_withdraw(
        self, request: HttpRequest, queryset: QuerySet[Statement]
    ) -> HttpResponse | None:
        chosen = list(queryset.select_related("provider_account")[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one statement."), messages.ERROR)
            return None
        (statement,) = chosen
        if statement.status == Statement.Status.WITHDRAWN:
            self.message_user(request, _("This statement is withdrawn already."), messages.ERROR)
            return None
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            self._request(request, statement, form.cleaned_data["reason"])
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Ask to withdraw"),
            "form": form,
            "media": self.media + form.media,
            "chosen": [(statement.pk, f"{statement.public_id} · {statement}")],
            "action": "ask_to_withdraw",
            "back_url": reverse("admin:reconciliation_statement_changelist"),
        }
        return TemplateResponse(request, "reconciliation/form_page.html", context)

    def _request(self, request: HttpRequest, statement: Statement, reason: str) -> None:
        ask_second_person(
            request,
            action="statement.withdraw",
            target=statement.public_id,
            payload={"statement_id": str(statement.pk)},
            reason=reason,
        )
