"""Bank statements as ISO 20022 has them: camt.052, camt.053 and camt.054, versions .02 to .14.

What is booked alone counts. A batch is read transfer by transfer, and its transfers must make the
entry; the entries of a statement must lead from its opening balance to its closing one. Where
they do not, nothing of the file is read. Memory stays flat.

Source: the ISO 20022 message definition reports of Bank-to-Customer Cash Management.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from lxml import etree

from apps.core.tables.cells import CellRefused, FileRefused
from apps.core.tables.safe_xml import parts
from apps.providers.contract import Operation, Outcome, StatementRecord
from apps.statement_formats.rules.bank_amounts import minor_units, moment, shown
from apps.statement_formats.rules.camt_texts import (
    Charges,
    charges_of,
    direction,
    entry_reference,
    own_text,
    references_of,
    text_at,
)
from apps.statement_formats.rules.items import NOT_BOOKED, Item, PassedOver
from apps.statement_formats.rules.layout import Layout
from apps.statement_formats.rules.sentences import refused

MESSAGES = ("052", "053", "054")
VERSIONS = range(2, 15)
NAMESPACES = tuple(
    f"urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version:02}"
    for message in MESSAGES
    for version in VERSIONS
)
STATEMENTS = ("Stmt", "Rpt", "Ntfctn")
ENTRY, DETAILS, BALANCE = "Ntry", "TxDtls", "Bal"
BOOKED, NOT_YET = "BOOK", frozenset({"PDNG", "INFO", "FUTR"})
# The balance before the first entry, the better one first, and the one after the last.
OPENING, CLOSING = ("OPBD", "PRCD"), "CLBD"
RAW_MAX = 2_000
# A child of an element, of whatever version.
ANY = "{*}"


@dataclass(slots=True)
class _Entry:
    """An entry while its transfers are read. Amounts signed, in minor units."""

    number: int
    signed: int
    currency: str
    is_booked: bool
    details: int = 0
    sum_of_details: int = 0
    has_unreadable: bool = False
    # The first transfer, until it is known whether it is alone.
    held: Item | None = None


@dataclass(slots=True)
class _Statement:
    id: str = ""
    balances: dict[tuple[str, str], int] = field(default_factory=dict)
    booked: dict[str, int] = field(default_factory=dict)
    is_checked: bool = False


def read_camt(file: BinaryIO, layout: Layout, zone: ZoneInfo) -> Iterator[Item]:
    """Each booked transfer. `zone`: of days and times that name none.

    Raises FileRefused: no such message, damaged, of another account, or its sums do not add up.
    """
    tags = [
        f"{{{namespace}}}{name}"
        for namespace in NAMESPACES
        for name in ("Document", *STATEMENTS, ENTRY, DETAILS, BALANCE)
    ]
    reader = _Reader(layout, zone)
    is_known = False
    for event, element in parts(file, tags, starts=True):
        is_known = True
        name = etree.QName(element).localname
        if event == "end":
            yield from reader.ended(name, element)
    if not is_known:
        raise FileRefused("camt_unknown")


class _Reader:
    def __init__(self, layout: Layout, zone: ZoneInfo) -> None:
        self._layout, self._zone = layout, zone
        self._statement = _Statement()
        self._entry: _Entry | None = None
        self._entries = self._lines = 0

    def ended(self, name: str, element: Any) -> Iterator[Item]:
        if name == BALANCE:
            self._check_account(element.getparent())
            self._note_balance(element)
        elif name == DETAILS:
            yield from self._details(element)
        elif name == ENTRY:
            yield from self._end_entry(element)
        elif name in STATEMENTS:
            self._check_account(element)
            self._check_sums()
            self._statement = _Statement()

    def _details(self, element: Any) -> Iterator[Item]:
        owner = element.getparent().getparent()
        entry = self._begin(owner)
        if not entry.is_booked:
            return
        entry.details += 1
        if entry.held is not None:
            yield _named(entry.held)
            entry.held = None
        found = self._record(element, owner, entry, is_alone=False)
        if entry.details == 1:
            entry.held = found
        else:
            yield _named(found)

    def _begin(self, element: Any) -> _Entry:
        """What is said of an entry, before its first transfer or at its end."""
        if self._entry is not None:
            return self._entry
        self._check_account(element.getparent())
        self._entries += 1
        amount = element.find(f"{ANY}Amt")
        currency = "" if amount is None else str(amount.get("Ccy", ""))
        status = text_at(element, "Sts/Cd") or text_at(element, "Sts")
        self._entry = _Entry(self._entries, 0, currency, status == BOOKED)
        if self._entry.is_booked:
            try:
                sign = direction(element)
                self._entry.signed = sign * minor_units(own_text(amount), currency)
                booked = self._statement.booked
                booked[currency] = booked.get(currency, 0) + self._entry.signed
            except CellRefused:
                # Its line says so; whether the sums add up nobody can know then.
                self._entry.has_unreadable = True
        return self._entry

    def _end_entry(self, element: Any) -> Iterator[Item]:
        entry = self._begin(element)
        self._entry = None
        if not entry.is_booked:
            yield self._not_booked(element)
            return
        if not entry.details:
            found = self._record(element, element, entry, is_alone=True)
            yield _named(found, entry_reference(element))
            return
        charges = _charges(element, entry)
        made, said = entry.sum_of_details, entry.signed
        if not entry.has_unreadable and made != said and made - charges.included != said:
            raise FileRefused(
                "details_differ",
                entry=text_at(element, "NtryRef") or entry.number,
                made=shown(made, entry.currency),
                said=shown(said, entry.currency),
            )
        if isinstance(entry.held, StatementRecord) and not entry.held.fee and charges.total:
            # The charges of the entry are its only transfer's.
            included = charges.included if made == said else 0
            # What left may bear a minus: the charges made more of it.
            way = 1 if entry.held.amount > 0 else -1
            gross = entry.held.amount + way * (included if said > 0 else -included)
            entry.held = replace(entry.held, amount=gross, fee=charges.total)
        elif charges.total and entry.details > 1:
            why = CellRefused("charges_of_all", amount=shown(charges.total, entry.currency))
            yield refused(self._next(), _raw(element), why)
        if entry.held is not None:
            yield _named(entry.held, entry_reference(element))

    def _not_booked(self, element: Any) -> Item:
        status = text_at(element, "Sts/Cd") or text_at(element, "Sts")
        if status in NOT_YET:
            return PassedOver(self._next(), NOT_BOOKED, _raw(element))
        why = CellRefused("status_of_bank")
        return refused(self._next(), _raw(element), why, cell="Sts")

    def _record(self, element: Any, owner: Any, entry: _Entry, *, is_alone: bool) -> Item:
        """A transfer of an entry, or the entry itself. `owner`: the entry."""
        number, raw = self._next(), _raw(element)
        try:
            amount = element.find(f"{ANY}Amt")
            if amount is None and not is_alone:
                amount = element.find(f"{ANY}AmtDtls/{ANY}TxAmt/{ANY}Amt")
            if amount is None:
                # One transfer alone is the entry's.
                amount = owner.find(f"{ANY}Amt")
            currency = str(amount.get("Ccy", "")) if amount is not None else ""
            sign = direction(element, otherwise=direction(owner))
            minor = minor_units(own_text(amount), currency)
            if currency == entry.currency:
                entry.sum_of_details += sign * minor
            charges = charges_of(element, currency)
            # What was taken off the amount before it was booked.
            minor += charges.included if sign > 0 else -charges.included
            if minor <= 0:
                raise CellRefused("amount_not_positive")
            reference, theirs = references_of(element, self._layout.reference_in)
            is_back = text_at(owner, "RvslInd") in ("true", "1")
            has_left = (sign < 0) != is_back
            said = self._layout.operation_out if has_left else self._layout.operation_in
            return StatementRecord(
                line_number=number,
                reference=reference,
                provider_reference=theirs,
                # A minus says that it left, where no word says for what.
                amount=-minor if has_left and not said else minor,
                fee=charges.total,
                currency=currency,
                # What the bank took back did not happen.
                outcome=Outcome.FAILED if is_back else Outcome.SUCCEEDED,
                occurred_at=moment(_date(owner), self._zone),
                raw=raw,
                kind=Operation(said) if said else None,
            )
        except CellRefused as why:
            entry.has_unreadable = entry.has_unreadable or why.code.startswith(("amount", "curr"))
            return refused(number, raw, why)

    def _next(self) -> int:
        self._lines += 1
        return self._lines

    def _note_balance(self, element: Any) -> None:
        code = text_at(element, "Tp/CdOrPrtry/Cd")
        amount = element.find(f"{ANY}Amt")
        if code not in (*OPENING, CLOSING) or amount is None:
            return
        currency = str(amount.get("Ccy", ""))
        try:
            said = direction(element) * minor_units(own_text(amount), currency)
        except CellRefused:
            return
        if code == CLOSING:
            self._statement.balances[code, currency] = said
        else:
            self._statement.balances.setdefault((code, currency), said)

    def _check_account(self, statement: Any) -> None:
        if self._statement.is_checked:
            return
        self._statement.is_checked = True
        # Both are forgotten once they were read.
        self._statement.id = text_at(statement, "Id")
        wanted = _plain_account(self._layout.account_number)
        account = statement.find(f"{ANY}Acct/{ANY}Id")
        said = ""
        if account is not None:
            said = text_at(account, "IBAN") or text_at(account, "Othr/Id")
        if not said:
            raise FileRefused("account_missing", statement=self._statement.id)
        if _plain_account(said) != wanted:
            raise FileRefused("account_differs", said=said[:40], wanted=self._layout.account_number)

    def _check_sums(self) -> None:
        statement = self._statement
        for code, currency in list(statement.balances):
            if code != CLOSING:
                continue
            known = [one for one in OPENING if (one, currency) in statement.balances]
            if not known:
                continue
            opening = statement.balances[known[0], currency]
            booked = statement.booked.get(currency, 0)
            closing = statement.balances[CLOSING, currency]
            if opening + booked != closing:
                raise FileRefused(
                    "sums_differ",
                    statement=statement.id,
                    opening=shown(opening, currency),
                    booked=shown(booked, currency),
                    made=shown(opening + booked, currency),
                    closing=shown(closing, currency),
                )


def _named(item: Item, entry_reference: str = "") -> Item:
    """A transfer without a reference of its own has its entry's, if it is alone in it."""
    if not isinstance(item, StatementRecord):
        return item
    if not item.provider_reference:
        item = replace(item, provider_reference=entry_reference)
    if not (item.reference or item.provider_reference):
        return refused(item.line_number, item.raw, CellRefused("id_missing"))
    return item


def _charges(entry: Any, about: _Entry) -> Charges:
    try:
        return charges_of(entry, about.currency)
    except CellRefused:
        about.has_unreadable = True
        return Charges()


def _date(entry: Any) -> str:
    """When it was booked, else of what day its value is."""
    for name in ("BookgDt", "ValDt"):
        found = text_at(entry, f"{name}/DtTm") or text_at(entry, f"{name}/Dt")
        if found:
            return found
    return ""


def _plain_account(number: str) -> str:
    return "".join(number.split()).upper()


def _raw(element: Any) -> str:
    """The texts of it, each with its name: what a person looks at."""
    words = []
    left = RAW_MAX
    for one in element.iter():
        text = own_text(one)
        if text and left > 0:
            word = f"{etree.QName(one).localname}={text}"
            words.append(word[:left])
            left -= len(word) + 1
    return " ".join(words)
