"""What is wrong, and what is odd, as a sentence: in the reader's language, from code and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from apps.core.public_ids import encode_id

COLUMNS: Mapping[str, str | Promise] = {
    "phone": _("telephone"),
    "amount": _("amount"),
    "name": _("name"),
    "reference": _("reference"),
    "description": _("reason"),
    "country": _("country"),
    "operator": _("operator"),
}

# Of a line: it is not paid until they are gone.
PROBLEMS: Mapping[str, str | Promise] = {
    "phone_missing": _("The telephone number is missing."),
    "phone_ambiguous": _(
        "This may be two different numbers: write it with + and its country code."
    ),
    "phone_rounded": _(
        "The spreadsheet has rounded this number, and its last digits are lost: write it again, in"
        " a cell that is formatted as text."
    ),
    "phone_lost_zero": _(
        "This number lacks its leading zero (%(country)s): write it again, in a cell that is"
        " formatted as text."
    ),
    "legacy_phone_number": _(
        "This number is of a former numbering plan (%(country)s): write the one in use today."
    ),
    "invalid_phone_number": _("This is no telephone number: write it with + and its country code."),
    "country_differs": _("The line says %(country)s, but the number is of %(found)s."),
    "account_is_iban": _(
        "This is a bank account: give the number of the payee’s mobile money account."
    ),
    "unknown_country": _("This country is not known: write its two letters, such as CM."),
    "unknown_operator": _("This operator is not known: write one of %(known)s."),
    "operator_unknown": _("Whose number this is is not known: name the operator."),
    "no_rail": _("Nobody we work with pays %(operator)s in %(country)s in this currency."),
    "amount_missing": _("The amount is missing."),
    "amount_not_a_number": _("This is no amount."),
    "amount_not_integer": _("Send the amount as a whole number of the currency’s smallest unit."),
    "amount_ambiguous": _(
        "This amount can be read in two ways: write it without commas and points."
    ),
    "amount_split": _(
        "This amount may go on in the next cell, as 15,000 does in a file whose cells are parted by"
        " commas: write it without commas."
    ),
    "amount_has_fraction": _("%(currency)s has no unit so small: write a whole amount."),
    "amount_not_positive": _("The amount must be above zero."),
    "amount_too_large": _("The amount is too large: %(largest)s at most."),
    "amount_out_of_range": _("The operator takes from %(smallest)s to %(largest)s %(currency)s."),
    "currency_differs": _("The amount is in another currency than the batch, %(currency)s."),
    "number_rounded": _("The spreadsheet has rounded this number: write it again in full."),
    "name_without_letters": _("A name has letters: have the cells of this line moved?"),
    "text_too_long": _("This is too long: %(longest)s characters at most."),
    "text_not_printable": _("This holds characters that nobody can see: write it again."),
    "not_text": _("Send text."),
    "too_many_cells": _("This line has more cells than the heading: have they moved?"),
    "row_is_hidden": _(
        "This row is hidden in the spreadsheet: drop the line, or write its amount again to pay it."
    ),
    "cell_is_formula": _("This is a formula: write its result in its place."),
    "cell_is_error": _("The spreadsheet shows an error here."),
    "cell_is_date": _(
        "The spreadsheet holds a date here: write the content again, in a cell that is formatted as"
        " text."
    ),
    "cell_is_flag": _("The spreadsheet holds “true” or “false” here."),
    "cell_is_merged": _("This cell is merged with others: undo that, and fill in each."),
}

# Of a line or a batch: it is paid all the same.
WARNINGS: Mapping[str, str | Promise] = {
    "same_payee_and_amount": _(
        "The same payee stands on %(count)s lines with this amount; first on line %(first)s."
    ),
    "same_payee": _("The same payee stands on %(count)s lines; first on line %(first)s."),
    "same_reference": _("%(count)s lines have this reference; the first is line %(first)s."),
    "paid_lately": _(
        "Another batch of the last seven days, %(batch)s, has this payee with this amount on line"
        " %(line)s."
    ),
    "rail_closed": _("The operator is closed at the moment: this waits until it is open."),
    "same_file": _("This very file came before, as %(batch)s."),
    "same_list": _("The same payees with the same amounts came before, as %(batch)s."),
    "debtor_differs": _("The file says that %(name)s pays: is it this merchant’s?"),
    "execution_day": _("The file asks to be paid on %(day)s: it is sent then, not before."),
    "execution_day_past": _(
        "The file asks to be paid on %(day)s, which is past: it is sent as soon as it is approved."
    ),
    "encoding_assumed": _(
        "The file does not say how it is written; it was read as %(encoding)s. Look at the accents."
    ),
}

# Of a whole file: nothing of it is payable.
FAILURES: Mapping[str, str | Promise] = {
    "file_empty": _("The file is empty."),
    "file_type_unknown": _(
        "Files of this type are not read: send CSV, XLSX, ODS or pain.001. An old or protected"
        " Excel file is saved as XLSX without a password."
    ),
    "file_encrypted": _("The file is protected by a password."),
    "file_has_macros": _("The file holds macros: save it as XLSX or ODS without them."),
    "file_too_large": _("The file becomes too large when it is unpacked."),
    "file_not_text": _("Line %(line)s holds what is no text."),
    "spreadsheet_broken": _("The spreadsheet is damaged, or is none."),
    "columns_missing": _(
        "No heading was found: the first lines must name the columns, at least telephone and"
        " amount."
    ),
    "column_twice": _("Two columns have the same meaning: %(cells)s."),
    "several_lists": _("Several sheets hold a list: %(sheets)s. Send one at a time."),
    "list_is_hidden": _(
        "The sheet with the list (%(sheet)s) is hidden: show it, and send the file again."
    ),
    "no_lines": _("There is no line below the heading."),
    "too_many_lines": _("A batch has at most %(most)s lines."),
    "too_many_columns": _("Line %(line)s has more than %(most)s columns."),
    "line_too_long": _("Line %(line)s is too long."),
    "csv_broken": _("Line %(line)s is no line of CSV: a quotation mark is wrong."),
    "encoding_broken": _(
        "Line %(line)s is not written as the lines before it: save the file as CSV UTF-8."
    ),
    "other_merchant": _("The file is another merchant’s: it bears the id %(said)s."),
    "currency_mixed": _(
        "Line %(number)s is in %(found)s, and the batch in %(currency)s: a batch has one currency."
    ),
    "xml_broken": _("The file is damaged XML, at line %(line)s."),
    "xml_doctype": _("The file has a document type, which is not read."),
    "xml_encoding": _("The file is written in %(encoding)s: save it in UTF-8."),
    "pain001_version": _("This is no pain.001 message of version %(versions)s."),
    "pain001_header": _("The message does not say how many transfers it has."),
    "pain001_method": _("The message asks for %(method)s, not for transfers (TRF)."),
    "pain001_amount": _("Transfer %(number)s has no amount that can be read."),
    "execution_day_unreadable": _("The day of execution cannot be read: %(said)s."),
    "execution_days_differ": _(
        "The message has several days of execution (%(days)s): send a file for each."
    ),
    "execution_day_too_far": _(
        "The day of execution, %(day)s, is more than a year away: a batch does not wait so long."
    ),
    "control_unreadable": _("The sums of the message (%(part)s) cannot be read."),
    "count_differs": _("The message says it has %(said)s transfers (%(part)s), and has %(found)s."),
    "control_sum_differs": _(
        "The message says its sum is %(said)s (%(part)s), and it is %(found)s."
    ),
}

SENTENCES = {**PROBLEMS, **WARNINGS, **FAILURES}


def sentence(code: str, values: Mapping[str, Any]) -> str:
    """In the language of the reader. A code without a sentence is shown as it is."""
    text = SENTENCES.get(code)
    return code if text is None else str(text) % shown_values(code, values)


def sentences(code: str, values: Mapping[str, Any]) -> dict[str, str]:
    """In English and French."""
    found = {}
    for language in ("en", "fr"):
        with override(language):
            found[language] = sentence(code, values)
    return found


def shown_values(code: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """As merchants see them."""
    shown = dict(values)
    if code == "paid_lately":
        shown["batch"] = encode_id("pob", UUID(shown["batch"]))
    return shown
