"""Reads a provider's file of disputes, as forgiving of what people leave in it as of a report."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from apps.providers.contract import DisputeRecord, StatementProblem
from apps.providers.kit.csv_report import (
    Row,
    fold_name,
    read_cell_amount,
    read_currency,
    read_instant,
    read_reference,
    read_rows,
    refuse_unusable,
)

# Ours, and the motives of PI-SPI.
REASONS = {
    "WRONG_PAYEE": "wrong_payee",
    "WRONG_AMOUNT": "wrong_amount",
    "SERVICE_NOT_RENDERED": "service_not_rendered",
    "DUPLICATE": "duplicate",
    "FRAUD": "fraud",
    "AC03": "wrong_payee",
    "AM09": "wrong_amount",
    "SVNR": "service_not_rendered",
    "DUPL": "duplicate",
    "FRAD": "fraud",
}


@dataclass(frozen=True, slots=True)
class DisputeLayout:
    """Where a file of disputes keeps what we need: column names, compared without case. One for
    each provider account (`dispute_…` in its settings).

    `case`: the provider's number of the dispute. `reference` or `provider_reference` may be "",
    not both. `due_date` "": it names no date until which evidence is taken. `reasons`: what its
    words mean, in capitals; in the settings "FR1=fraud,DB2=duplicate", beside ours. The others as
    in ReportLayout.
    """

    case: str = "case"
    reference: str = "reference"
    provider_reference: str = "provider_reference"
    amount: str = "amount"
    currency: str = "currency"
    reason: str = "reason"
    date: str = "date"
    due_date: str = "due_date"
    reasons: Mapping[str, str] = field(default_factory=lambda: REASONS)
    date_format: str = ""
    time_zone: str = "UTC"
    delimiter: str = ""
    decimal_mark: str = ""
    encoding: str = ""
    fixed_currency: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        named = (
            *(self.case, self.reference, self.provider_reference, self.amount, self.currency),
            *(self.reason, self.date, self.due_date),
        )
        return tuple(fold_name(name) for name in named if name)

    @property
    def words(self) -> Collection[str]:
        return self.reasons.keys()

    def changed(self, settings: Mapping[str, str]) -> DisputeLayout:
        """This layout with the `dispute_<field>` keys of an account's settings.

        Raises ValueError naming the key that is unusable.
        """
        given = {
            name: settings[f"dispute_{name}"]
            for name in self.__dataclass_fields__
            if name != "reasons" and f"dispute_{name}" in settings
        }
        layout = replace(self, **given)  # type: ignore[arg-type]
        for name in ("case", "amount", "reason", "date"):
            if not getattr(layout, name).strip():
                raise ValueError(f"dispute_{name} is empty")
        if not layout.reference and not layout.provider_reference:
            raise ValueError("dispute_reference and dispute_provider_reference are empty")
        if not layout.currency and not layout.fixed_currency:
            raise ValueError("dispute_fixed_currency is missing")
        refuse_unusable(layout, prefix="dispute_")
        if words := settings.get("dispute_reasons"):
            layout = replace(layout, reasons={**REASONS, **_reasons(words)})
        return layout


DISPUTE_LAYOUT = DisputeLayout()


def read_dispute_report(
    file: BinaryIO, layout: DisputeLayout
) -> Iterator[DisputeRecord | StatementProblem]:
    """Each line below the heading as a record or a problem, like csv_report.read_report."""
    for row in read_rows(file, layout):
        if isinstance(row, StatementProblem):
            yield row
            continue
        try:
            yield _record(row, layout)
        except ValueError as problem:
            yield StatementProblem(row.line.number, str(problem), row.line.text)


def _record(row: Row, layout: DisputeLayout) -> DisputeRecord:
    """Raises ValueError."""
    case = read_reference(row, layout.case)
    if not case:
        raise ValueError(f"{layout.case}: no number of the case")
    reference, provider_reference = (
        read_reference(row, column) if column else ""
        for column in (layout.reference, layout.provider_reference)
    )
    if not (reference or provider_reference):
        raise ValueError("no reference of either side")
    word = row[layout.reason]
    if word.upper() not in layout.reasons:
        raise ValueError(f"{layout.reason}: unknown reason {word!r}")
    currency = read_currency(row, layout.currency, fixed=layout.fixed_currency)
    has_due_date = bool(layout.due_date and row[layout.due_date])
    return DisputeRecord(
        line_number=row.line.number,
        case=case,
        reference=reference,
        provider_reference=provider_reference,
        amount=read_cell_amount(row, layout.amount, layout, currency),
        currency=currency,
        reason=layout.reasons[word.upper()],
        reason_word=word,
        occurred_at=read_instant(row, layout.date, layout),
        evidence_due_at=read_instant(row, layout.due_date, layout) if has_due_date else None,
        raw=row.line.text,
    )


def _reasons(words: str) -> dict[str, str]:
    """Raises ValueError."""
    found = {}
    for pair in words.split(","):
        theirs, _, ours = (part.strip() for part in pair.partition("="))
        if not theirs or ours not in REASONS.values():
            raise ValueError(f"dispute_reasons: {pair.strip()!r} names no reason of ours")
        found[theirs.upper()] = ours
    return found
