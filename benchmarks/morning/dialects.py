"""Ways of writing a report. Each is a writer, a layout in neutral words, and what it can say."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from benchmarks.morning.books import CURRENCY, DAY, ZONE, Movement

ACCOUNT_NUMBER = "CM2110002000300277976315008"
EVERYTHING = frozenset({"fees", "outcomes", "currencies", "settlements", "bad_rows"})
COLUMNS = {
    "reference": "Référence",
    "provider_reference": "Transaction",
    "amount": "Montant",
    "fee": "Frais",
    "currency": "Devise",
    "status": "Statut",
    "date": "Date",
    "settlement_reference": "Règlement",
}
FRENCH = "%d/%m/%Y %H:%M:%S"
PAID, FAILED = "Succès", "Échec"
NBSP = "\u00a0"

Lines = Sequence[Movement]


@dataclass(frozen=True, slots=True)
class Dialect:
    """`layout`: how to read it, by the names of docs/guides/statement-formats.md."""

    name: str
    ending: str
    layout: dict[str, Any]
    write: Callable[[Lines], bytes]
    says: frozenset[str] = EVERYTHING


def _layout(**more: Any) -> dict[str, Any]:
    return {
        "format": "csv",
        "columns": COLUMNS,
        "outcomes": {PAID: "succeeded", FAILED: "failed"},
        "signs": "minus_left",
        **more,
    }


def _plain(amount: int) -> str:
    return str(amount)


def _french(amount: int) -> str:
    """1 500,00 with a space that is none of the keyboard's."""
    sign = "-" if amount < 0 else ""
    return sign + f"{abs(amount):,}".replace(",", NBSP) + ",00"


def _cells(line: Movement, *, date: str, money: Callable[[int], str] = _plain) -> list[str]:
    at = line.at.astimezone(ZONE)
    return [
        line.reference,
        line.provider_reference,
        money(-line.amount if line.has_left else line.amount),
        money(line.fee),
        line.currency,
        PAID if line.is_paid else FAILED,
        at.isoformat() if not date else at.strftime(date),
        line.settlement,
    ]


def _table(
    lines: Lines, delimiter: str, *, date: str = FRENCH, money: Callable[[int], str] = _plain
) -> list[str]:
    rows = [list(COLUMNS.values()), *(_cells(line, date=date, money=money) for line in lines)]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().splitlines()


def _semicolon(lines: Lines) -> bytes:
    """As French spreadsheets save it: titles first, a total at the end."""
    above = ["Relevé des opérations", f"Compte;{ACCOUNT_NUMBER}", ""]
    total = sum(line.amount for line in lines)
    below = [f"Total;;{_french(total)};;;;;"]
    rows = [*above, *_table(lines, ";", money=_french), *below]
    return "\ufeff".encode() + ("\r\n".join(rows) + "\r\n").encode()


def _comma(lines: Lines) -> bytes:
    return ("\n".join(_table(lines, ",", date="")) + "\n").encode()


def _utf16(lines: Lines) -> bytes:
    return ("\r\n".join(_table(lines, "\t")) + "\r\n").encode("utf-16")


def _latin1(lines: Lines) -> bytes:
    """Its lines end in both ways: two programs wrote it."""
    rows = _table(lines, ";")
    return "".join(
        row + ("\r\n" if number % 3 else "\n") for number, row in enumerate(rows)
    ).encode("latin-1")


def _with_sep(lines: Lines) -> bytes:
    """Every cell in quotation marks."""
    rows = [list(COLUMNS.values()), *(_cells(line, date=FRENCH) for line in lines)]
    text = io.StringIO()
    csv.writer(text, delimiter="|", lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return ("sep=|\n" + text.getvalue()).encode()


def _two_columns(lines: Lines) -> bytes:
    """What left and what came, in columns of their own."""
    head = ["Référence", "Transaction", "Débit", "Crédit", *list(COLUMNS.values())[3:]]
    rows = [head]
    for line in lines:
        cells = _cells(line, date=FRENCH)
        pair = (str(line.amount), "") if line.has_left else ("", str(line.amount))
        rows.append([*cells[:2], *pair, *cells[3:]])
    text = io.StringIO()
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


WIDTHS = (40, 24, 14, 10, 3, 8, 14, 12)


def _places() -> dict[str, str]:
    places, first = {}, 1
    for name, width in zip(COLUMNS, WIDTHS, strict=True):
        places[name] = f"{first}-{first + width - 1}"
        first += width
    return places


def _fixed(lines: Lines) -> bytes:
    rows = [
        "".join(
            cell.ljust(width)[:width]
            for cell, width in zip(_cells(line, date="%Y%m%d%H%M%S"), WIDTHS, strict=True)
        )
        for line in lines
    ]
    return ("\r\n".join([*rows, "FIN DE FICHIER"]) + "\r\n").encode("cp1252")


def _sheet(lines: Lines) -> bytes:
    """Amounts are numbers, everything else is text."""
    rows = [list(COLUMNS.values()), *(_cells(line, date=FRENCH) for line in lines)]
    xml = []
    for number, row in enumerate(rows, 1):
        cells = []
        for place, text in enumerate(row):
            name = f"{'ABCDEFGH'[place]}{number}"
            if number > 1 and place in (2, 3):
                cells.append(f'<c r="{name}"><v>{text}</v></c>')
            elif text:
                inner = f"<is><t>{escape(text)}</t></is>"
                cells.append(f'<c r="{name}" t="inlineStr">{inner}</c>')
        xml.append(f'<row r="{number}">{"".join(cells)}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Relevé" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(xml)}'
        "</sheetData></worksheet>",
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, (2026, 3, 11, 6, 0, 0))
            packed.writestr(entry, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return file.getvalue()


def _balance(code: str, amount: int) -> str:
    side = "DBIT" if amount < 0 else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{CURRENCY}">{abs(amount)}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        f"<Dt><Dt>{DAY}</Dt></Dt></Bal>"
    )


def _camt(lines: Lines, message: str, root: str, part: str) -> bytes:
    entries, moved = [], 0
    for line in lines:
        side = "DBIT" if line.has_left else "CRDT"
        moved += -line.amount if line.has_left else line.amount
        at = line.at.astimezone(ZONE)
        entries.append(
            f'<Ntry><Amt Ccy="{line.currency}">{line.amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
            f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>{at.isoformat()}</DtTm></BookgDt>"
            f"<AcctSvcrRef>{line.provider_reference}</AcctSvcrRef><NtryDtls><TxDtls><Refs>"
            f"<EndToEndId>{line.reference or 'NOTPROVIDED'}</EndToEndId></Refs></TxDtls></NtryDtls>"
            "</Ntry>"
        )
    balances = _balance("OPBD", 1_000_000) + _balance("CLBD", 1_000_000 + moved)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{message}"><{root}>'
        "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-11T05:00:00</CreDtTm></GrpHdr>"
        f"<{part}><Id>S1</Id><Acct><Id><IBAN>{ACCOUNT_NUMBER}</IBAN></Id></Acct>"
        f"{balances}{''.join(entries)}</{part}></{root}></Document>"
    )
    return text.encode()


def _camt053(lines: Lines) -> bytes:
    return _camt(lines, "camt.053.001.08", "BkToCstmrStmt", "Stmt")


def _camt054(lines: Lines) -> bytes:
    return _camt(lines, "camt.054.001.02", "BkToCstmrDbtCdtNtfctn", "Ntfctn")


def _mt940(lines: Lines) -> bytes:
    moved = sum(-line.amount if line.has_left else line.amount for line in lines)
    rows = [":20:S1", f":25:{ACCOUNT_NUMBER}", ":28C:00001/001"]
    rows.append(f":60F:C{DAY:%y%m%d}{CURRENCY}1000000,")
    for line in lines:
        day = line.at.astimezone(ZONE)
        side = "D" if line.has_left else "C"
        rows.append(
            f":61:{day:%y%m%d}{day:%m%d}{side}{line.amount},NTRFNONREF//{line.provider_reference}"
        )
        if line.reference:
            rows.append(f":86:/EREF/{line.reference}/REMI/x")
    closing = 1_000_000 + moved
    side = "D" if closing < 0 else "C"
    rows.append(f":62F:{side}{DAY:%y%m%d}{CURRENCY}{abs(closing)},")
    return ("\r\n".join([*rows, "-"]) + "\r\n").encode()


OF_A_BANK = {"account_number": ACCOUNT_NUMBER}
_dated = {"date_format": FRENCH}
_two = {name: column for name, column in COLUMNS.items() if name != "amount"}

DIALECTS = {
    one.name: one
    for one in (
        Dialect(
            "csv_semicolon_french",
            "csv",
            _layout(delimiter=";", decimal_mark=",", grouping_mark=" ", **_dated),
            _semicolon,
        ),
        Dialect("csv_comma_iso", "csv", _layout(delimiter=","), _comma),
        Dialect(
            "csv_utf16_tab", "txt", _layout(delimiter="\t", encoding="utf-16", **_dated), _utf16
        ),
        Dialect(
            "csv_latin1_mixed_ends",
            "csv",
            _layout(delimiter=";", encoding="iso-8859-1", **_dated),
            _latin1,
        ),
        Dialect("csv_sep_quoted", "csv", _layout(delimiter="|", **_dated), _with_sep),
        Dialect(
            "tsv_debit_credit",
            "tsv",
            _layout(delimiter="\t", **_dated)
            | {"columns": _two | {"debit": "Débit", "credit": "Crédit"}},
            _two_columns,
        ),
        Dialect(
            "fixed_width",
            "dat",
            _layout(
                format="fixed_width",
                encoding="cp1252",
                has_heading=False,
                date_format="%Y%m%d%H%M%S",
                footer_words=["FIN DE FICHIER"],
            )
            | {"columns": _places()},
            _fixed,
        ),
        Dialect("xlsx", "xlsx", _layout(format="spreadsheet", **_dated), _sheet),
        Dialect("camt053", "xml", {"format": "camt", **OF_A_BANK}, _camt053, frozenset()),
        Dialect("camt054", "xml", {"format": "camt", **OF_A_BANK}, _camt054, frozenset()),
        Dialect("mt940", "sta", {"format": "mt940", **OF_A_BANK}, _mt940, frozenset()),
    )
}
