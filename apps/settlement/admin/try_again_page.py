"""The page of what failed too often, on which it is tried again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.approvals.admin.asking import ReasonForm
from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.form_pages import FormPages
from apps.settlement.admin.shown import show_failure
from apps.settlement.models import Settlement, SettlementCycle
from apps.settlement.services.try_again import try_again


class TriedAgain(FormPages):
    def try_again_page(
        self, request: HttpRequest, row: SettlementCycle | Settlement, *, back: str
    ) -> HttpResponse:
        """For what failed too often: it is tried again, with a reason."""

        def act(said: dict[str, Any]) -> str:
            try_again(
                type(row),
                row.pk,
                reason=said["reason"],
                actor=actor_of(request),
                now=database_clock.now(),
            )
            return str(_("It is tried again now."))

        facts = [row.merchant.name, show_failure(row)]
        form = ReasonForm(request.POST or None)
        return self.form_page(request, form, act, title=_("Try again"), back=back, facts=facts)
