"""Whether a layout can be read by. What a person typed comes through here, and what is kept."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.money import EXPONENTS
from apps.core.tables.cells import COLUMNS_MAX
from apps.providers.contract import Operation, Outcome
from apps.statement_formats.rules.layout import (
    FIELDS,
    IGNORED,
    OF_BANKS,
    Format,
    Layout,
    ReferenceIn,
    Signs,
)

Choice = TypeVar("Choice", bound=StrEnum)

TEXT_MAX = 100
WORDS_MAX = 100
ROWS_ABOVE_MAX = 50
WIDTH_MAX = 4_000
FEE_FIXED_MAX = 10**9
PLACES = re.compile(r"([1-9][0-9]{0,3})-([1-9][0-9]{0,3})")
NUMBER = re.compile(r"[1-9][0-9]{0,2}")
# A day on which day, month, year, hour, minute and second cannot be taken for each other.
SAMPLE = datetime(2031, 11, 28, 13, 47, 52)  # noqa: DTZ001 (its zone is the layout's)
# What writes bytes instead of text, or hides what it reads.
NO_ENCODINGS = {"utf-7", "idna", "punycode", "undefined", "raw-unicode-escape", "unicode-escape"}


class LayoutRefused(DomainError):
    code = "statement_layout_refused"
    status = 422
    title = "No statement can be read by this layout."


def read_layout(written: Mapping[str, Any]) -> Layout:
    """The layout that was typed or kept.

    Raises LayoutRefused, with the field.
    """
    known = Layout.__dataclass_fields__
    if unknown := set(written) - set(known):
        raise LayoutRefused(_("“%(field)s” is no field of a layout.") % {"field": min(unknown)})
    values = dict(written)
    values["format"] = _one_of("format", written.get("format", ""), Format)
    values["signs"] = _one_of("signs", written.get("signs", Signs.NONE), Signs)
    values["reference_in"] = _one_of(
        "reference_in", written.get("reference_in", ReferenceIn.END_TO_END_ID), ReferenceIn
    )
    for name in ("columns", "outcomes", "operations"):
        values[name] = _words(name, written.get(name, {}))
    values["footer_words"] = tuple(
        _words("footer_words", dict.fromkeys(written.get("footer_words", ()), ""))
    )
    layout = Layout(**values)
    for name in known:
        value = getattr(layout, name)
        if isinstance(value, str) and len(value) > TEXT_MAX:
            _refuse(name, _("This is too long: %(longest)s characters at most."), longest=TEXT_MAX)
    _check_zone(layout)
    _check_money(layout)
    if layout.is_table:
        _check_table(layout)
    if layout.format in OF_BANKS and not layout.account_number.strip():
        _refuse("account_number", _("Name the account: another account’s file is refused by it."))
    return layout


def _check_table(layout: Layout) -> None:
    _check_columns(layout)
    _check_encoding(layout)
    if layout.format == Format.CSV:
        if len(layout.delimiter) != 1 or layout.delimiter in '"\r\n\0':
            _refuse("delimiter", _("The delimiter is one character."))
        if len(layout.quote) > 1 or layout.quote in {layout.delimiter, "\r", "\n", "\0"}:
            _refuse("quote", _("The quotation mark is one other character, or none."))
    if not 0 <= layout.rows_above <= ROWS_ABOVE_MAX:
        _refuse("rows_above", _("At most %(most)s lines."), most=ROWS_ABOVE_MAX)
    if layout.decimal_mark not in {"", ".", ","}:
        _refuse("decimal_mark", _("The decimal mark is a point or a comma."))
    if layout.grouping_mark not in {"", ".", ",", " ", "'"} or (
        layout.grouping_mark and layout.grouping_mark == layout.decimal_mark
    ):
        _refuse(
            "grouping_mark",
            _("Thousands are parted by a point, a comma, a space or an apostrophe."),
        )
    _check_dates(layout)
    for word, outcome in layout.outcomes.items():
        if outcome not in {Outcome.SUCCEEDED, Outcome.FAILED, IGNORED}:
            _refuse("outcomes", _("What does “%(word)s” mean?"), word=word)
    if "status" in layout.columns and not layout.outcomes:
        _refuse("outcomes", _("Say what the words of the status column mean."))
    for word, operation in layout.operations.items():
        if operation not in set(Operation):
            _refuse("operations", _("What does “%(word)s” mean?"), word=word)


def _check_columns(layout: Layout) -> None:
    columns = layout.columns
    if unknown := set(columns) - set(FIELDS):
        _refuse("columns", _("“%(field)s” is no field of a layout."), field=min(unknown))
    if "date" not in columns:
        _refuse("date", _("Which column has the date?"))
    if not {"reference", "provider_reference"} & set(columns):
        _refuse("reference", _("A column with a reference is needed: ours, or the provider’s."))
    pair = {"debit", "credit"} & set(columns)
    if ("amount" in columns) == bool(pair) or len(pair) == 1:
        _refuse("amount", _("Name the amount’s column, or both of what came and what left."))
    if "currency" not in columns and not layout.currency:
        _refuse("currency", _("Name the column of the currency, or the currency of all lines."))
    for name, column in columns.items():
        if not column.strip():
            _refuse("columns", _("A column has a name."))
        if layout.format == Format.FIXED_WIDTH:
            places = PLACES.fullmatch(column)
            if not places or not int(places[1]) <= int(places[2]) <= WIDTH_MAX:
                _refuse(name, _("First and last place, as 1-12."))
        elif not layout.has_heading and not (
            NUMBER.fullmatch(column) and int(column) <= COLUMNS_MAX
        ):
            _refuse(name, _("The number of the column, from 1 on."))


def _check_encoding(layout: Layout) -> None:
    if not layout.encoding:
        return
    try:
        found = codecs.lookup(layout.encoding)
        is_text = found.name not in NO_ENCODINGS and found._is_text_encoding
    except (LookupError, ValueError):
        is_text = False
    if not is_text or "1".encode(layout.encoding)[-4:].strip(b"\0\xff\xfe") != b"1":
        _refuse("encoding", _("This encoding is not known."))


def _check_dates(layout: Layout) -> None:
    try:
        if layout.date_format:
            said = datetime.strptime(SAMPLE.strftime(layout.date_format), layout.date_format)  # noqa: DTZ007
            if said.date() != SAMPLE.date():
                _refuse("date_format", _("A date needs its day, month and year."))
        if layout.time_format:
            said = datetime.strptime(SAMPLE.strftime(layout.time_format), layout.time_format)  # noqa: DTZ007
            if (said.hour, said.minute) != (SAMPLE.hour, SAMPLE.minute):
                _refuse("time_format", _("A time needs its hour and minute."))
    except ValueError:
        _refuse("date_format", _("This is no form of a date, such as %%d/%%m/%%Y."))


def _check_zone(layout: Layout) -> None:
    try:
        if layout.time_zone:
            ZoneInfo(layout.time_zone)
    except (KeyError, ValueError, OSError):
        _refuse("time_zone", _("This is no time zone, such as Africa/Douala."))


def _check_money(layout: Layout) -> None:
    if layout.currency and layout.currency not in EXPONENTS:
        _refuse("currency", _("This currency is not known."))
    for name in ("operation_in", "operation_out"):
        if getattr(layout, name) not in {"", *Operation}:
            _refuse(name, _("What was asked of the provider?"))
    try:
        share = layout.fee_share
        is_share = share.is_finite() and 0 <= share <= 10_000
    except InvalidOperation:
        is_share = False
    if not is_share:
        _refuse("fee_basis_points", _("A share is from 0 to 100 %%."))
    if type(layout.fee_fixed) is not int or not 0 <= layout.fee_fixed <= FEE_FIXED_MAX:
        _refuse("fee_fixed", _("This is no amount."))
    has_rule = bool(layout.fee_fixed or layout.fee_share != Decimal(0))
    if has_rule and "fee" in layout.columns:
        _refuse("fee_basis_points", _("The fee is in a column, or follows a rule: not both."))
    if layout.is_amount_net and "fee" not in layout.columns:
        _refuse("is_amount_net", _("Only a column of fees says what was taken off."))


def _one_of(name: str, value: Any, choices: type[Choice]) -> Choice:
    try:
        return choices(value)
    except ValueError:
        text = _("“%(value)s” is none of its values.") % {"value": value}
        raise LayoutRefused(text, field=name) from None


def _words(name: str, written: Any) -> dict[str, str]:
    if len(written) > WORDS_MAX:
        _refuse(name, _("At most %(most)s words."), most=WORDS_MAX)
    words = {}
    for word, meaning in dict(written).items():
        if not str(word).strip() or max(len(str(word)), len(str(meaning))) > TEXT_MAX:
            _refuse(name, _("This is too long: %(longest)s characters at most."), longest=TEXT_MAX)
        words[str(word) if name == "columns" else plain(str(word))] = str(meaning)
    return words


def plain(word: str) -> str:
    """A word as it is compared: without case and doubled spaces."""
    return " ".join(word.replace("\u00a0", " ").split()).casefold()


def _refuse(name: str, text: str, **values: Any) -> None:
    raise LayoutRefused(text % values, field=name)
