"""Match by hand from our side: an attempt that no report has, and the lines that may be it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.core.admin import read_public_id, show_money
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.orchestration.models import Attempt
from apps.orchestration.selectors.load_attempts import load_attempts
from apps.reconciliation.admin.cells import shown_money
from apps.reconciliation.admin.desk_forms import ReasonLine
from apps.reconciliation.models import Discrepancy, HandMatch
from apps.reconciliation.rules.hand_match import MATCHABLE
from apps.reconciliation.selectors.find_candidate_lines import find_candidate_lines
from apps.reconciliation.services.match_by_hand import HandMatchRefused, amount_of


class MatchAttemptForm(ReasonLine):
    line = StaffText(
        label=_("another line"),
        required=False,
        max_length=90,
        help_text=_("The id of its discrepancy, dsc_…, where it is not among these."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    explained_as = forms.ChoiceField(
        label=_("the amounts are"),
        required=False,
        choices=HandMatch.Explanation.choices,
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ("line", "explained_as", "reason")

    def clean_line(self) -> Any:
        words = self.cleaned_data["line"].split()
        found = read_public_id("dsc", words[0]) if len(words) == 1 else None
        if found is None:
            raise forms.ValidationError(_("Choose one line, or name its discrepancy: dsc_…"))
        return found


def is_of_attempt(row: Discrepancy) -> bool:
    return row.kind == Discrepancy.Kind.UNKNOWN_TO_THEM and row.attempt_id is not None


def candidate_lines(reader: Any, row: Discrepancy, ticked: list[str]) -> list[dict[str, Any]]:
    attempt = _attempt(reader, row)
    if attempt is None:
        return []
    amount = amount_of(attempt)
    found = find_candidate_lines(attempt, amount=amount, currency=row.currency)
    seen = visible_rows(reader, Discrepancy.objects.filter(pk__in=[one.pk for one in found]))
    allowed = set(seen.values_list("pk", flat=True))
    return [
        {
            "public_id": one.public_id,
            "owner": one.line.provider_reference or one.line.reference or "–",
            "is_ticked": one.public_id in ticked,
            "amount": shown_money(one.line.amount, row.currency),
            "difference": show_money(abs(one.line.amount or 0) - amount, row.currency),
        }
        for one in found
        if one.line is not None and one.pk in allowed
    ]


def line_payload(
    person: Any, row: Discrepancy, values: Mapping[str, Any]
) -> tuple[Discrepancy, dict[str, Any]]:
    """The discrepancy of the chosen line, and what is asked of "discrepancy.match" for it.

    Raises HandMatchRefused: it is none that the person may see, or no such line.
    """
    attempt = _attempt(person, row)
    lines = visible_rows(person, Discrepancy.objects.select_related("line"))
    chosen: Discrepancy | None = lines.filter(
        pk=values["line"],
        provider_account_id=row.provider_account_id,
        kind__in=MATCHABLE,
        line__isnull=False,
    ).first()
    if chosen is None or chosen.line is None or attempt is None:
        text = gettext("Only a line that fits no attempt is matched by hand.")
        raise HandMatchRefused(text, field="line")
    amount = amount_of(attempt)
    return chosen, {
        "discrepancy_id": str(chosen.pk),
        "sequence": chosen.sequence,
        "attempts": [{"id": str(attempt.pk), "amount": amount}],
        "amount": chosen.line.amount or 0,
        "currency": chosen.line.currency,
        "explained_as": values["explained_as"],
        "difference": abs(chosen.line.amount or 0) - amount,
    }


def _attempt(reader: Any, row: Discrepancy) -> Attempt | None:
    seen = visible_rows(reader, Attempt.objects.filter(pk__in=[row.attempt_id]))
    found = load_attempts(list(seen.values_list("pk", flat=True)))
    return next(iter(found.values()), None)
