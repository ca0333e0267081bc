"""The page on which a version that has not begun is taken back, once a second person approves."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.approvals.admin.asking import ReasonForm
from apps.approvals.admin.change_page import change_page
from apps.audit.admin import SuperuserAdmin
from apps.core import database_clock
from apps.core.admin import read_uuid, show_time
from apps.fees.selectors.planned_version import planned_version


class TakenBackByTwo(SuperuserAdmin):
    def has_take_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Only what has not begun: there is no button otherwise."""
        if not request.user.has_perm("fees.add_feeplanversion"):
            return False
        plan_id = read_uuid(str(object_id)) if object_id else None
        return plan_id is None or planned_version(plan_id, now=database_clock.now()) is not None

    @action(
        description=_("Take the planned version back"),
        url_path="take-back",
        permissions=["take_back"],
        icon="undo",
    )
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_take_back_permission(request):
            raise PermissionDenied
        plan = get_object_or_404(self.get_queryset(request), pk=read_uuid(object_id))
        planned = planned_version(plan.pk, now=database_clock.now())
        if planned is None:
            raise Http404
        version, before = planned.version, planned.before
        then = (
            _("Version %(number)s holds on.") % {"number": before.number}
            if before is not None
            else _("Nothing holds in its place.")
        )
        return change_page(
            request,
            plan,
            action="fee_plan.take_back",
            form=ReasonForm(request.POST or None),
            payload=lambda: {"plan_id": str(plan.pk), "version_id": str(version.pk)},
            title=_("Take back a version of %(plan)s") % {"plan": plan.name},
            now=[
                _("Version %(number)s begins %(when)s.")
                % {"number": version.number, "when": show_time(version.valid_from)},
                then,
            ],
        )
