"""Why a line or a whole file is refused, as a sentence in the language that is spoken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.tables.cells import CellRefused
from apps.statement_formats.rules.items import (
    FOOTER,
    IGNORED_STATUS,
    NOT_BOOKED,
    NOT_FINAL,
    RefusedLine,
)

# Of a line: the others are read.
LINES: Mapping[str, str | Promise] = {
    "amount_missing": _("The amount is missing."),
    "amount_not_a_number": _("This is no amount."),
    "amount_ambiguous": _("This amount can be read in two ways."),
    "amount_has_fraction": _("%(currency)s has no unit so small."),
    "amount_not_positive": _("The amount must be above zero."),
    "amount_negative": _("This amount is negative, and amounts have no sign here."),
    "amount_both": _("Money came and left on the same line."),
    "amount_too_large": _("The amount is too large."),
    "number_rounded": _("The spreadsheet has rounded this number: its last digits are lost."),
    "id_rounded": _(
        "A spreadsheet has cut this reference: its last digits are lost, so nothing is found by it."
    ),
    "id_unreadable": _("The letters of this reference cannot be read."),
    "id_missing": _("No reference, neither ours nor the provider’s."),
    "currency_differs": _("The amount is written in another currency than its line."),
    "currency_unknown": _("This is no currency that is known here."),
    "status_unknown": _("This status is not among the words of the layout."),
    "date_missing": _("The date is missing."),
    "date_unreadable": _("This is no date as the layout has them."),
    "time_twice": _("This time comes twice, or never, on the day when the clock is changed."),
    "column_twice": _("Two columns have this heading, and they do not say the same."),
    "cells_too_many": _("%(found)s cells instead of %(wanted)s."),
    "line_short": _("The line is too short: %(found)s characters of %(wanted)s."),
    "line_too_long": _("The line is too long."),
    "quote_misplaced": _("A quotation mark is out of place."),
    "zero_byte": _("A zero byte is no text."),
    "row_is_hidden": _("This row is hidden in the spreadsheet."),
    "cell_is_formula": _("This is a formula: only its result can be read."),
    "cell_is_error": _("The spreadsheet shows an error here."),
    "cell_is_flag": _("The spreadsheet holds “true” or “false” here."),
    "cell_is_merged": _("This cell is merged with others."),
    "cell_is_date": _("The spreadsheet holds a date here."),
    "cell_is_number": _("The spreadsheet holds a number here."),
    "status_of_bank": _("It is not said whether this is booked."),
    "charges_of_all": _(
        "These charges are of several transfers, and not said of each: %(amount)s."
    ),
    "amount_not_said": _("The bank does not repeat the amount: only its own file can be compared."),
}

# Of a whole file: nothing of it is kept.
FILES: Mapping[str, str | Promise] = {
    "file_empty": _("The file is empty."),
    "file_type_differs": _("The file is not of the profile’s format."),
    "file_too_large": _("The file is too large for its kind."),
    "file_encrypted": _("The file is protected by a password."),
    "file_has_macros": _("The file holds macros: save it as XLSX or ODS without them."),
    "spreadsheet_broken": _("The spreadsheet is damaged, or is none."),
    "too_many_lines": _("A spreadsheet has at most %(most)s lines here."),
    "too_many_columns": _("Line %(line)s has more than %(most)s columns."),
    "heading_missing": _("No heading names all of the profile’s columns: %(columns)s is missing."),
    "xml_broken": _("The file is damaged XML, at line %(line)s."),
    "xml_doctype": _("The file has a document type, which is not read."),
    "xml_encoding": _("The file is written in %(encoding)s: save it in UTF-8."),
    "camt_unknown": _("This is no camt.052, camt.053 or camt.054 message of a known version."),
    "pain002_version": _("This is no pain.002 message of a known version."),
    "pain002_too_long": _("The message names too many transfers."),
    "account_differs": _("The statement is of the account %(said)s, not of %(wanted)s."),
    "account_missing": _("The statement %(statement)s does not say of which account it is."),
    "sums_differ": _(
        "The sums of statement %(statement)s do not add up: %(opening)s before and %(booked)s"
        " booked make %(made)s, but it says %(closing)s."
    ),
    "details_differ": _(
        "The transfers of entry %(entry)s make %(made)s, but the entry is %(said)s."
    ),
    "mt940_broken": _("The file is damaged MT940: statement %(statement)s cannot be read."),
    "mt940_balance": _("Statement %(statement)s lacks a balance: the file may be cut off."),
}

# Of a line that is no movement of money.
PASSED_OVER: Mapping[str, str | Promise] = {
    FOOTER: _("a total or a closing line"),
    IGNORED_STATUS: _("a status that moves no money"),
    NOT_BOOKED: _("not booked yet"),
    NOT_FINAL: _("not final yet"),
}

REASONS = {**LINES, **FILES}


def sentence(code: str, values: Mapping[str, Any]) -> str:
    """A code without a sentence is shown as it is."""
    text = REASONS.get(code)
    return code if text is None else str(text) % values


def refused(number: int, raw: str, why: CellRefused, *, cell: str = "") -> RefusedLine:
    """The line, with its reason in words and the cell before it."""
    words = sentence(why.code, why.values_of)
    return RefusedLine(number, f"{cell}: {words}" if cell else words, raw, why.code, cell)
