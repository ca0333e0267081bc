"""The form of a layout: what people type, and the layout it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.core.admin import show_refusal
from apps.core.money import EXPONENTS
from apps.core.staff_text import StaffText
from apps.providers.contract import Operation
from apps.statement_formats.rules.check_layout import ROWS_ABOVE_MAX, LayoutRefused, read_layout
from apps.statement_formats.rules.layout import (
    FIELDS,
    FORMATS,
    REFERENCES_IN,
    SIGNS,
    Format,
    Layout,
    layout_as_json,
)
from apps.statement_formats.rules.layout_words import LABELS, MEANINGS

COLUMN = "column_"
BEFORE_COLUMNS = frozenset(
    {"file", "format", "encoding", "delimiter", "quote", "has_heading", "rows_above"}
)
# As a form has them: a space alone is stripped, and nobody can type a tabulator.
TAB, SPACE = "tab", "space"
OPERATIONS = [(one.value, MEANINGS[one.value]) for one in Operation]
WORDS_HELP = _("One a line: the word, “=”, and what it means: {meanings}.")


def _text(name: str, help_text: Any = "", **more: Any) -> forms.CharField:
    return StaffText(
        label=LABELS.get(name, name),
        required=False,
        max_length=100,
        help_text=help_text,
        widget=UnfoldAdminTextInputWidget,
        **more,
    )


def _choice(name: str, choices: list[tuple[str, Any]], help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=LABELS[name],
        choices=choices,
        required=False,
        help_text=help_text,
        widget=UnfoldAdminSelectWidget,
    )


def _switch(name: str, help_text: Any = "") -> forms.BooleanField:
    return forms.BooleanField(
        label=LABELS[name], required=False, help_text=help_text, widget=UnfoldBooleanSwitchWidget
    )


def _words(name: str, meanings: str) -> forms.CharField:
    return StaffText(
        label=LABELS[name],
        required=False,
        max_length=5_000,
        help_text=format_lazy(WORDS_HELP, meanings=meanings),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )


class LayoutForm(forms.Form):
    """In the order of the page: the file, how it is written, its columns, what they mean."""

    file = forms.FileField(
        label=_("file to try it on"),
        required=False,
        help_text=_("It is read to its end, and nothing of it is kept."),
        widget=UnfoldAdminFileFieldWidget,
    )
    format = forms.ChoiceField(
        label=LABELS["format"], choices=list(FORMATS.items()), widget=UnfoldAdminSelectWidget
    )
    encoding = _choice(
        "encoding",
        [
            ("", _("recognised")), ("utf-8", "UTF-8"), ("utf-16", "UTF-16"),
            ("cp1252", "Windows-1252"), ("iso-8859-1", "Latin-1"), ("cp850", "DOS 850"),
        ],
    )  # fmt: skip
    delimiter = _choice(
        "delimiter",
        [
            ("", _("guessed from the file, and shown")), (";", ";"), (",", ","),
            (TAB, _("tabulator")), ("|", "|"), (":", ":"), ("^", "^"), ("~", "~"),
        ],
    )  # fmt: skip
    quote = _choice("quote", [('"', '"'), ("'", "'"), ("", _("none"))])
    has_heading = _switch("has_heading")
    rows_above = forms.IntegerField(
        label=LABELS["rows_above"],
        required=False,
        min_value=0,
        max_value=ROWS_ABOVE_MAX,
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    decimal_mark = _choice(
        "decimal_mark",
        [("", _("not said: what has two readings is refused")), (",", ","), (".", ".")],
    )
    grouping_mark = _choice(
        "grouping_mark", [("", "–"), (SPACE, _("space")), (".", "."), (",", ","), ("'", "'")]
    )
    signs = _choice("signs", list(SIGNS.items()))
    currency = _choice("currency", [("", "–"), *((one, one) for one in EXPONENTS)])
    date_format = _text("date_format", _("As %d/%m/%Y %H:%M:%S; empty: 2026-01-31 10:00:00."))
    time_format = _text("time_format", _("Of a column of its own; empty: %H:%M:%S."))
    time_zone = _text("time_zone", _("As Africa/Douala; empty: the account’s."))
    outcomes = _words("outcomes", "succeeded, failed, ignored")
    operations = _words("operations", "collect, refund, disburse")
    operation_in = _choice("operation_in", [("", _("not said")), *OPERATIONS])
    operation_out = _choice("operation_out", [("", _("not said")), *OPERATIONS])
    is_amount_net = _switch("is_amount_net")
    fee_basis_points = _text("fee_basis_points", _("Where no column has the fee: 150 is 1.5 %."))
    fee_fixed = forms.IntegerField(
        label=LABELS["fee_fixed"],
        required=False,
        min_value=0,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    footer_words = StaffText(
        label=LABELS["footer_words"],
        required=False,
        max_length=2_000,
        help_text=_("One a line: what a line begins with that is no movement."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    has_exact_ids = _switch(
        "has_exact_ids", _("No spreadsheet ever saved this file: zeros at their end are real.")
    )
    account_number = _text("account_number", _("IBAN or number: another account is refused."))
    reference_in = _choice("reference_in", list(REFERENCES_IN.items()))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        help_text = _("Its heading; its number without one; first and last place, as 1-12.")
        for name, label in FIELDS.items():
            self.fields[COLUMN + name] = StaffText(
                label=label,
                required=False,
                max_length=100,
                help_text=help_text if name == "reference" else "",
                widget=UnfoldAdminTextInputWidget,
            )
        # What its columns are stands beside how the file is written.
        first = [name for name in self.base_fields if name in BEFORE_COLUMNS]
        self.order_fields([*first, *(COLUMN + name for name in FIELDS)])

    def layout(self) -> Layout | None:
        """What was typed; None where it is no layout: the form says why."""
        try:
            return read_layout(self._written())
        except LayoutRefused as refusal:
            name = refusal.field
            shown = name if name in self.fields else COLUMN + name
            self.add_error(shown if shown in self.fields else None, show_refusal(refusal))
        except ValidationError as error:
            self.add_error(None, error)
        return None

    def _written(self) -> dict[str, Any]:
        said = self.cleaned_data
        written = {name: said[name] for name in LABELS if name in said}
        written["columns"] = {
            name: said[COLUMN + name].strip() for name in FIELDS if said[COLUMN + name].strip()
        }
        is_csv = said["format"] == Format.CSV
        written["delimiter"] = {TAB: "\t"}.get(said["delimiter"], said["delimiter"])
        if is_csv and not written["delimiter"]:
            # The page puts the guessed one in its place before it is kept.
            written["delimiter"] = ";"
        written["grouping_mark"] = {SPACE: " "}.get(said["grouping_mark"], said["grouping_mark"])
        written["rows_above"] = said["rows_above"] or 0
        written["fee_fixed"] = said["fee_fixed"] or 0
        for name in ("outcomes", "operations"):
            written[name] = _pairs(said[name])
        written["footer_words"] = [one for one in said["footer_words"].splitlines() if one.strip()]
        return {name: value for name, value in written.items() if _is_used(name, written["format"])}

    @property
    def is_delimiter_open(self) -> bool:
        return self.cleaned_data["format"] == Format.CSV and not self.cleaned_data["delimiter"]


OF_TEXT = frozenset({"delimiter", "quote"})
OF_TABLES = frozenset(
    {
        "has_heading", "rows_above", "columns", "decimal_mark", "grouping_mark", "signs",
        "currency", "date_format", "time_format", "outcomes", "operations", "is_amount_net",
        "fee_basis_points", "fee_fixed", "footer_words", "has_exact_ids",
    }
)  # fmt: skip
OF_BANKS_ONLY = frozenset({"account_number", "reference_in"})


def _is_used(name: str, chosen: str) -> bool:
    """Whether a file of this format has such a thing: what else the form has is left out."""
    if chosen == Format.CONNECTOR:
        return name == "format"
    if name in OF_TEXT:
        return chosen == Format.CSV
    if name in OF_TABLES:
        return chosen in (Format.CSV, Format.FIXED_WIDTH, Format.SPREADSHEET)
    if name in OF_BANKS_ONLY:
        return chosen in (Format.CAMT, Format.MT940)
    if name == "encoding":
        return chosen in (Format.CSV, Format.FIXED_WIDTH, Format.MT940)
    return True


def _pairs(text: str) -> dict[str, str]:
    """Raises ValidationError."""
    pairs = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        word, mark, meaning = line.rpartition("=")
        if not mark or not word.strip():
            raise ValidationError(
                _("“%(line)s” is no word with its meaning."), params={"line": line[:100]}
            )
        pairs[word.strip()] = meaning.strip()
    return pairs


def typed(written: Mapping[str, Any]) -> dict[str, Any]:
    """A kept layout as the form has it."""
    layout = read_layout(written)
    said = layout_as_json(layout)
    initial: dict[str, Any] = {
        name: getattr(layout, name) for name in LABELS if name not in {"columns", "footer_words"}
    }
    initial["delimiter"] = {"\t": TAB}.get(layout.delimiter, layout.delimiter)
    initial["grouping_mark"] = {" ": SPACE}.get(layout.grouping_mark, layout.grouping_mark)
    for name in ("outcomes", "operations"):
        initial[name] = "\n".join(
            f"{word} = {meaning}" for word, meaning in said.get(name, {}).items()
        )
    initial["footer_words"] = "\n".join(layout.footer_words)
    return initial | {COLUMN + name: column for name, column in layout.columns.items()}
