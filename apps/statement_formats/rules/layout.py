"""How a provider's or a bank's statement is written: data, checked by rules.check_layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.tables.read_amount import Marks


class Format(StrEnum):
    CSV = "csv"
    FIXED_WIDTH = "fixed_width"
    SPREADSHEET = "spreadsheet"
    CAMT = "camt"
    MT940 = "mt940"
    PAIN002 = "pain002"
    # The connector reads it, as where there is no profile.
    CONNECTOR = "connector"


FORMATS: Mapping[str, str | Promise] = {
    Format.CSV: _("table of text (CSV, TSV)"),
    Format.FIXED_WIDTH: _("lines of fixed width"),
    Format.SPREADSHEET: _("spreadsheet (XLSX, ODS)"),
    Format.CAMT: _("bank statement, ISO 20022 (camt.052, .053, .054)"),
    Format.MT940: _("bank statement, SWIFT (MT940)"),
    Format.PAIN002: _("status report of transfers (pain.002)"),
    Format.CONNECTOR: _("as the provider’s connector reads it"),
}
TABLES = frozenset({Format.CSV, Format.FIXED_WIDTH, Format.SPREADSHEET})
OF_BANKS = frozenset({Format.CAMT, Format.MT940})

# What a column may hold.
FIELDS: Mapping[str, Any] = {
    "reference": _("our reference"),
    "provider_reference": _("provider’s reference"),
    "amount": _("amount"),
    "debit": _("amount that left"),
    "credit": _("amount that came"),
    "fee": _("fee"),
    "currency": _("currency"),
    "status": _("status"),
    "operation": _("operation"),
    "date": _("date"),
    "time": _("time"),
    "merchant_reference": _("merchant’s reference"),
    "number": _("payer’s or payee’s number"),
    "settlement_reference": _("settlement reference"),
}


class Signs(StrEnum):
    """What the sign of an amount says."""

    NONE = "none"
    MINUS_LEFT = "minus_left"
    MINUS_CAME = "minus_came"


SIGNS: Mapping[str, str | Promise] = {
    Signs.NONE: _("amounts have no sign: a negative one is refused"),
    Signs.MINUS_LEFT: _("minus: money that left"),
    Signs.MINUS_CAME: _("minus: money that came"),
}

# What a status word may mean beside an outcome: no movement of money, e.g. one under way.
IGNORED = "ignored"


class ReferenceIn(StrEnum):
    """Where a bank's statement has our reference."""

    END_TO_END_ID = "end_to_end_id"
    INSTRUCTION_ID = "instruction_id"
    REMITTANCE = "remittance"


REFERENCES_IN: Mapping[str, str | Promise] = {
    ReferenceIn.END_TO_END_ID: _("end-to-end id (EndToEndId, EREF, customer reference)"),
    ReferenceIn.INSTRUCTION_ID: _("instruction id (InstrId)"),
    ReferenceIn.REMITTANCE: _("remittance text, alone in it (Ustrd, :86:)"),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to write a statement. What its format does not use is left as it is here.

    `encoding` "": recognised. `columns`: field -> heading, number of the column from 1 where there
    is no heading, or first and last place of a fixed width, "1-12". `rows_above`: lines that are
    passed over before the heading is sought. `decimal_mark` "": an amount is read only where it
    has one reading. `currency`: of all lines, where there is no such column. `date_format`,
    `time_format`: as strptime has them; "" is ISO 8601. `time_zone` "": the account's.
    `outcomes`, `operations`: by the word, in small letters. `operation_in`, `operation_out`: what
    was asked of the provider where money came or left and no word says it.
    `fee_basis_points`, `fee_fixed`: the fee of each success where there is no such column, fixed
    in minor units. `is_amount_net`: the fee is taken off the amount already. `footer_words`: what
    a line begins with that is no movement. `has_exact_ids`: long numbers that end in zeros are
    whole, for no spreadsheet ever saved the file. `account_number`: whose statement it must be.
    """

    format: Format
    encoding: str = ""
    delimiter: str = ""
    quote: str = '"'
    has_heading: bool = True
    rows_above: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)
    decimal_mark: str = ""
    grouping_mark: str = ""
    currency: str = ""
    date_format: str = ""
    time_format: str = ""
    time_zone: str = ""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    operations: Mapping[str, str] = field(default_factory=dict)
    signs: Signs = Signs.NONE
    operation_in: str = ""
    operation_out: str = ""
    fee_basis_points: str = ""
    fee_fixed: int = 0
    is_amount_net: bool = False
    footer_words: tuple[str, ...] = ()
    has_exact_ids: bool = False
    account_number: str = ""
    reference_in: ReferenceIn = ReferenceIn.END_TO_END_ID

    @property
    def is_table(self) -> bool:
        return self.format in TABLES

    @property
    def marks(self) -> Marks:
        return Marks(frozenset(self.grouping_mark), frozenset(self.decimal_mark))

    @property
    def fee_share(self) -> Decimal:
        return Decimal(self.fee_basis_points or 0)


def layout_as_json(layout: Layout) -> dict[str, Any]:
    """Only what differs from a layout that says nothing: what is kept, digested and shown."""
    plain = Layout(format=layout.format)
    written = asdict(layout)
    return {"format": layout.format.value} | {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in sorted(written.items())
        if name != "format" and value != getattr(plain, name)
    }
