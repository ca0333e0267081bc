"""Statements written by the tests: tables in any layout, banks' messages."""

from __future__ import annotations

import csv
import io
from zoneinfo import ZoneInfo

from openpyxl import Workbook

from apps.statement_formats.rules.check_layout import read_layout
from apps.statement_formats.rules.items import PassedOver, RefusedLine
from apps.statement_formats.rules.read_items import read_items

ZONE = ZoneInfo("Africa/Douala")

TABLE = {
    "format": "csv",
    "delimiter": ";",
    "columns": {
        "reference": "Ref",
        "provider_reference": "Txn",
        "amount": "Montant",
        "fee": "Frais",
        "currency": "Devise",
        "status": "Statut",
        "date": "Date",
    },
    "date_format": "%d/%m/%Y %H:%M:%S",
    "outcomes": {"OK": "succeeded", "KO": "failed", "Attente": "ignored"},
}
HEADING = "Ref;Txn;Montant;Frais;Devise;Statut;Date"
LINE = "a1;T1;1500;15;XOF;OK;31/01/2026 10:00:00"
CAMT = {"format": "camt", "account_number": "CI93CI0080111301134291200589"}
MT940 = {"format": "mt940", "account_number": "CI93CI0080111301134291200589"}


def read(content, layout=TABLE, **more):
    """All that is read of a file: its bytes, or a text."""
    data = content.encode() if isinstance(content, str) else content
    return list(read_items(io.BytesIO(data), read_layout(layout | more), ZONE))


def records(items):
    return [one for one in items if not isinstance(one, RefusedLine | PassedOver)]


def refusals(items):
    return [(one.line_number, one.code) for one in items if isinstance(one, RefusedLine)]


def table(*lines):
    return "\n".join([HEADING, *lines]) + "\n"


def sheet(*rows, change=None):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book.active)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def written(rows, *, delimiter, quote='"'):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quotechar=quote, lineterminator="\n").writerows(rows)
    return text.getvalue()


def camt(*statements, message="053", version="08"):
    roots = {
        "052": ("BkToCstmrAcctRpt", "Rpt"),
        "053": ("BkToCstmrStmt", "Stmt"),
        "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    }
    root, part = roots[message]
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version}"
    inner = "".join(f"<{part}>{one}</{part}>" for one in statements)
    header = "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-02-01T06:00:00</CreDtTm></GrpHdr>"
    return f'<Document xmlns="{namespace}"><{root}>{header}{inner}</{root}></Document>'


def statement(*entries, opening=1000, closing=None, account=CAMT["account_number"], currency="XOF"):
    signed = sum(entry[1] for entry in entries)
    closing = opening + signed if closing is None else closing
    balances = balance("OPBD", opening, currency) + balance("CLBD", closing, currency)
    head = f"<Id>S1</Id><Acct><Id><IBAN>{account}</IBAN></Id></Acct>"
    return head + balances + "".join(entry[0] for entry in entries)


def balance(code, amount, currency="XOF"):
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{abs(amount)}</Amt><CdtDbtInd>{sign(amount)}</CdtDbtInd>'
        "<Dt><Dt>2026-01-31</Dt></Dt></Bal>"
    )


def sign(amount):
    return "DBIT" if amount < 0 else "CRDT"


def entry(amount, *details, reference="B1", status="BOOK", is_new=True, inner="", currency="XOF"):
    """The XML of an entry, and what it adds to the balance."""
    said = f"<Cd>{status}</Cd>" if is_new else status
    told = f"<NtryDtls>{''.join(details)}</NtryDtls>" if details else ""
    xml = (
        f'<Ntry><NtryRef>{reference}</NtryRef><Amt Ccy="{currency}">{abs(amount)}</Amt>'
        f"<CdtDbtInd>{sign(amount)}</CdtDbtInd>{{reversed}}<Sts>{said}</Sts>"
        "<BookgDt><Dt>2026-01-31</Dt></BookgDt>"
        f"<AcctSvcrRef>{reference}</AcctSvcrRef>{inner}{told}</Ntry>"
    )
    return xml.format(reversed=""), amount if status == "BOOK" else 0


def taken_back(given):
    xml, amount = given
    return xml.replace("<Sts>", "<RvslInd>true</RvslInd><Sts>", 1), amount


def details(reference, amount=None, *, inner="", currency="XOF"):
    said = ""
    if amount is not None:
        said = f'<Amt Ccy="{currency}">{abs(amount)}</Amt><CdtDbtInd>{sign(amount)}</CdtDbtInd>'
    return f"<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{said}{inner}</TxDtls>"


def charges(amount, *, is_included):
    said = "true" if is_included else "false"
    return (
        f'<Chrgs><Rcrd><Amt Ccy="XOF">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>'
        f"<ChrgInclInd>{said}</ChrgInclInd></Rcrd></Chrgs>"
    )
