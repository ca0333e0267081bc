from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.approvals.admin.shown import may_decide
from apps.approvals.models import ApprovalStandIn
from apps.audit.admin import AuditedAdmin
from apps.audit.stale_form import RefusesStale
from apps.core import database_clock
from apps.core.admin import show_label, show_time


class StandInForm(RefusesStale):
    class Meta:
        model = ApprovalStandIn
        fields = ("stand_in", "from_at", "until_at")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        begins, ends = cleaned.get("from_at"), cleaned.get("until_at")
        if begins and ends and begins >= ends:
            raise ValidationError({"until_at": _("It must end after it begins.")})
        return cleaned


@admin.register(ApprovalStandIn)
class ApprovalStandInAdmin(AuditedAdmin):
    """Each names her own, who decides for her while she is away."""

    form = StandInForm
    list_display = ["person_shown", "stand_in_shown", "from_shown", "until_shown", "state"]
    list_select_related = ["person", "stand_in"]
    ordering = ["-from_at"]
    list_per_page = 50
    fields = ["stand_in", "from_at", "until_at"]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_view_permission(request, obj) or may_decide(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) or may_decide(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_decide(request)

    def has_change_permission(
        self, request: HttpRequest, obj: ApprovalStandIn | None = None
    ) -> bool:
        return may_decide(request) and (obj is None or obj.person_id == request.user.pk)

    def has_delete_permission(
        self, request: HttpRequest, obj: ApprovalStandIn | None = None
    ) -> bool:
        return self.has_change_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        others: QuerySet[User] = User.objects.filter(is_staff=True, is_active=True)
        kwargs["queryset"] = others.exclude(username=request.user.get_username()).order_by(
            "username"
        )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: ApprovalStandIn, form: Any, change: bool
    ) -> None:
        if not change:
            obj.person_id = request.user.pk  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    @display(description=_("who is away"))
    def person_shown(self, row: ApprovalStandIn) -> str:
        return str(row.person)

    @display(description=_("stand-in"))
    def stand_in_shown(self, row: ApprovalStandIn) -> str:
        return str(row.stand_in)

    @display(description=_("from"))
    def from_shown(self, row: ApprovalStandIn) -> str:
        return show_time(row.from_at)

    @display(description=_("until"))
    def until_shown(self, row: ApprovalStandIn) -> str:
        return show_time(row.until_at)

    @display(description=_("state"))
    def state(self, row: ApprovalStandIn) -> SafeString:
        if row.from_at <= database_clock.now() < row.until_at:
            return show_label(_("stands in now"), "success")
        return show_label(_("over") if row.until_at <= database_clock.now() else _("later"))
