"""A layout in words: what whoever approves it reads, and its page shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.statement_formats.rules.layout import (
    FIELDS,
    FORMATS,
    IGNORED,
    REFERENCES_IN,
    SIGNS,
    Layout,
)

LABELS: Mapping[str, Any] = {
    "format": gettext_lazy("format"),
    "encoding": gettext_lazy("encoding"),
    "delimiter": gettext_lazy("delimiter"),
    "quote": gettext_lazy("quotation mark"),
    "has_heading": gettext_lazy("has a heading"),
    "rows_above": gettext_lazy("lines to pass over first"),
    "columns": gettext_lazy("columns"),
    "decimal_mark": gettext_lazy("decimal mark"),
    "grouping_mark": gettext_lazy("mark between thousands"),
    "currency": gettext_lazy("currency of all lines"),
    "date_format": gettext_lazy("form of dates"),
    "time_format": gettext_lazy("form of times"),
    "time_zone": gettext_lazy("time zone"),
    "outcomes": gettext_lazy("words of the status"),
    "operations": gettext_lazy("words of the operation"),
    "signs": gettext_lazy("signs"),
    "operation_in": gettext_lazy("money that came is a"),
    "operation_out": gettext_lazy("money that left is a"),
    "fee_basis_points": gettext_lazy("fee, hundredths of a percent"),
    "fee_fixed": gettext_lazy("fee, fixed, in minor units"),
    "is_amount_net": gettext_lazy("the fee is taken off the amount"),
    "footer_words": gettext_lazy("words of closing lines"),
    "has_exact_ids": gettext_lazy("long numbers are whole"),
    "account_number": gettext_lazy("account number"),
    "reference_in": gettext_lazy("our reference is in"),
}
MEANINGS: Mapping[str, str | Promise] = {
    "succeeded": gettext_lazy("succeeded"),
    "failed": gettext_lazy("failed"),
    IGNORED: gettext_lazy("passed over"),
    "collect": gettext_lazy("payment"),
    "refund": gettext_lazy("refund"),
    "disburse": gettext_lazy("payout"),
}


def layout_words(layout: Layout) -> list[tuple[str, str]]:
    """Label and value of all that is said, in the reader's language."""
    plain = Layout(format=layout.format)
    told = [(str(LABELS["format"]), str(FORMATS[layout.format]))]
    for name, label in LABELS.items():
        value = getattr(layout, name)
        if name != "format" and value != getattr(plain, name):
            told.append((str(label), _shown(name, value)))
    return told


def _shown(name: str, value: Any) -> str:
    if name == "columns":
        return ", ".join(f"{FIELDS[field]} = {column}" for field, column in value.items())
    if isinstance(value, Mapping):
        return ", ".join(f"{word} = {MEANINGS[meaning]}" for word, meaning in value.items())
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, tuple):
        return ", ".join(value)
    if name == "signs":
        return str(SIGNS[value])
    if name == "reference_in":
        return str(REFERENCES_IN[value])
    if name == "delimiter":
        return str({"\t": _("tabulator"), " ": _("space")}.get(value, value))
    return str(MEANINGS.get(value, value))
