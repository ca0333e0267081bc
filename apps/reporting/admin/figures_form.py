"""Of which days, account and mode a page of reconciliation shows its figures."""

from __future__ import annotations

from typing import TypeVar

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from apps.providers.models import ProviderAccount

DAYS = (7, 30, 90)
DAYS_USUAL = 30
# Who also sees the discrepancies behind the figures.
VIEW_DESK = "reconciliation.view_discrepancy"


class FiguresForm(forms.Form):
    """All of it may be left out."""

    mode = forms.ChoiceField(
        label=gettext_lazy("mode"),
        choices=[("live", gettext_lazy("live")), ("test", gettext_lazy("test"))],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("last days"),
        choices=[(days, str(days)) for days in DAYS],
        coerce=int,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    account = forms.ModelChoiceField(
        ProviderAccount.objects.none(),
        label=gettext_lazy("provider account"),
        required=False,
        empty_label=gettext_lazy("all"),
        widget=UnfoldAdminSelectWidget,
    )


FormT = TypeVar("FormT", bound=FiguresForm)


def filled_form(
    kind: type[FormT], request: HttpRequest, accounts: QuerySet[ProviderAccount]
) -> FormT:
    """What was asked, with what is usual where nothing was."""
    given = request.GET.copy()
    if given.get("mode") not in {"live", "test"}:
        given["mode"] = "live" if accounts.filter(livemode=True).exists() else "test"
    given.setdefault("days", str(DAYS_USUAL))
    form = kind(given)
    form.fields["account"].queryset = accounts  # type: ignore[attr-defined]
    return form
