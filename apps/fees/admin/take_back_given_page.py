"""The page on which a plan given to a merchant is taken back before it begins, once a second person
approves."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.approvals.admin.asking import ReasonForm
from apps.approvals.admin.change_page import change_page
from apps.core import database_clock
from apps.core.admin import ReadOnlyAdmin, read_uuid, show_time
from apps.fees.models import MerchantFeePlan
from apps.fees.selectors.describe_given_taken_back import holds_on
from apps.fees.selectors.planned_given_plan import PlannedGivenPlan, planned_given_plan


class GivenTakenBackByTwo(ReadOnlyAdmin):
    def has_take_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Only what has not begun: there is no button otherwise."""
        if not request.user.has_perm("fees.add_merchantfeeplan"):
            return False
        given_id = read_uuid(str(object_id)) if object_id else None
        given = MerchantFeePlan.objects.filter(pk__in=[given_id]).first()
        return given is None or _planned(given) is not None

    @action(
        description=_("Take it back before it begins"),
        url_path="take-back",
        permissions=["take_back"],
        icon="undo",
    )
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_take_back_permission(request):
            raise PermissionDenied
        given = get_object_or_404(
            self.get_queryset(request).select_related("merchant", "plan"), pk=read_uuid(object_id)
        )
        planned = _planned(given)
        if planned is None:
            raise Http404
        return change_page(
            request,
            given,
            action="fee_plan.take_back_given",
            form=ReasonForm(request.POST or None),
            payload=lambda: {"merchant_id": str(given.merchant_id), "given_id": str(given.pk)},
            title=_("Take back the plan of %(merchant)s") % {"merchant": given.merchant.name},
            now=[
                _("%(plan)s begins %(when)s.")
                % {"plan": given.plan.name, "when": show_time(given.valid_from)},
                holds_on(planned.before),
            ],
        )


def _planned(given: MerchantFeePlan) -> PlannedGivenPlan | None:
    planned = planned_given_plan(given.merchant_id, now=database_clock.now())
    return planned if planned is not None and planned.given.pk == given.pk else None
