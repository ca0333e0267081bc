"""The form of one line of a plan: what people type, and the terms it means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.core.money import AMOUNT_MAX, EXPONENTS
from apps.fees.models import FeeOperation, Rounding
from apps.fees.rules.check_lines import LINES_MAX
from apps.fees.rules.fee_terms import CONDITIONS, NAMES, FeeTerms
from apps.providers.registry import PROFILES
from apps.providers.rules.phone_numbers import OPERATOR_NAMES

ANY = ("", _("any"))


def _choice(
    label: Any, values: list[tuple[str, Any]], *, has_any: bool = True
) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=[ANY, *values] if has_any else values,
        required=not has_any,
        # A line that nobody touched is none.
        initial="" if has_any else values[0][0],
        widget=UnfoldAdminSelectWidget,
    )


def _share(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=0,
        max_value=100,
        max_digits=8,
        decimal_places=5,
        required=False,
        localize=True,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )


def _amount(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=AMOUNT_MAX,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
    )


class LineForm(forms.Form):
    """Percentages as people say them, amounts in the currency's smallest unit."""

    operation = _choice(_("operation"), list(FeeOperation.choices), has_any=False)
    provider = _choice(
        _("provider"), sorted((code, profile.name) for code, profile in PROFILES.items())
    )
    operator = _choice(_("operator"), list(OPERATOR_NAMES.items()))
    method = _choice(_("method"), [("mobile_money", _("mobile money"))])
    country = forms.RegexField(
        "^[A-Z]{2}$",
        label=_("country"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"maxlength": 2}),
    )
    currency = _choice(_("currency"), [(code, code) for code in EXPONENTS])
    amount_from = _amount(_("from amount"))
    percent = _share(_("percent"))
    fixed = _amount(_("fixed"))
    fee_min = _amount(_("at least"))
    fee_max = _amount(_("at most"))
    tax_percent = _share(_("tax on the fee, percent"))
    rounding = _choice(_("rounding"), list(Rounding.choices), has_any=False)

    def terms(self, *, plan_currency: str) -> FeeTerms:
        values = {name: self.cleaned_data.get(name) for name in NAMES}
        for name in CONDITIONS:
            values[name] = values[name] or ""
        for name in ("amount_from", "fixed", "fee_min"):
            values[name] = values[name] or 0
        for name, typed in SHARES.items():
            values[name] = (self.cleaned_data.get(typed) or Decimal(0)) * 100
        return FeeTerms(**values, said_in=values["currency"] or plan_currency)  # type: ignore[arg-type]


class ContractLineForm(LineForm):
    """Of what a provider charges: its account says all of these (rules/check_contract.py)."""

    provider = operator = method = country = currency = tax_percent = None  # type: ignore[assignment]


# A share of a line -> the percentage it is typed as.
SHARES = {"basis_points": "percent", "tax_basis_points": "tax_percent"}


def typed(terms: FeeTerms) -> dict[str, Any]:
    """A line as its form shows it."""
    values = {name: getattr(terms, name) for name in NAMES}
    for name, percent in SHARES.items():
        share = (Decimal(values.pop(name)) / 100).normalize()
        values[percent] = f"{share:f}"
    return {**values, **{name: Decimal(values[name]) for name in SHARES.values()}}


LineFormSet, ContractLineFormSet = (
    forms.formset_factory(
        form, extra=3, min_num=1, max_num=LINES_MAX, absolute_max=LINES_MAX, can_delete=True
    )
    for form in (LineForm, ContractLineForm)
)
