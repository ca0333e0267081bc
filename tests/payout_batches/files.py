"""Files as programs write them."""

from __future__ import annotations

import io
import zipfile

from openpyxl import Workbook

ODS_NAMESPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)


def xlsx(*rows, merged=(), hidden=(), sheets=None, veiled="") -> bytes:
    """A workbook of one sheet, or of the `sheets` given as name -> rows; some rows `hidden`, one
    sheet `veiled`."""
    book = Workbook()
    book.remove(book.active)
    for name, lines in (sheets or {"Paie": rows}).items():
        sheet = book.create_sheet(name)
        for row in lines:
            sheet.append(row)
        for cells in merged:
            sheet.merge_cells(cells)
        for number in hidden:
            sheet.row_dimensions[number].hidden = True
        if name == veiled:
            sheet.sheet_state = "veryHidden"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def ods(*rows: str) -> bytes:
    """A workbook of these rows, each the XML of its cells."""
    body = "".join(
        row if row.startswith("<table:table-row") else f"<table:table-row>{row}</table:table-row>"
        for row in rows
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {ODS_NAMESPACES}>'
        f'<office:body><office:spreadsheet><table:table table:name="Paie">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest'
        ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/"'
        ' manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
        "</manifest:manifest>"
    )
    return packed(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
            "META-INF/manifest.xml": manifest.encode(),
        }
    )


def text(value: str, **attributes: str) -> str:
    return _cell("string", f"<text:p>{value}</text:p>", **attributes)


def number(value: object, **attributes: str) -> str:
    return _cell("float", f"<text:p>{value}</text:p>", **{"office:value": str(value)}, **attributes)


def _cell(kind: str, inner: str, **attributes: str) -> str:
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<table:table-cell office:value-type="{kind}"{more}>{inner}</table:table-cell>'


def packed(parts: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written.getvalue()


def changed(file: bytes, **parts: bytes | None) -> bytes:
    """The archive with these parts in place of its own, or added."""
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    return packed({**kept, **{name: part for name, part in parts.items() if part is not None}})


def pain001(
    *transfers: str,
    version: str = "03",
    count: object = None,
    total: str | None = None,
    method: str = "TRF",
    head: str = "",
    namespace: str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.",
    debtor: str = "<Nm>Shop</Nm>",
    days: tuple[str, ...] = (),
) -> bytes:
    total_said = "" if total is None else f"<CtrlSum>{total}</CtrlSum>"
    count_said = len(transfers) if count is None else count
    dates = [f"<Dt>{day}</Dt>" if version == "09" and "<" not in day else day for day in days]
    asked = "".join(f"<ReqdExctnDt>{day}</ReqdExctnDt>" for day in dates)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<Document xmlns="{namespace}{version}">'
        f"<CstmrCdtTrfInitn><GrpHdr><MsgId>wages-11</MsgId><CreDtTm>2026-11-26T09:00:00</CreDtTm>"
        f"<NbOfTxs>{count_said}</NbOfTxs>{total_said}<InitgPty><Nm>Shop</Nm></InitgPty></GrpHdr>"
        f"<PmtInf><PmtInfId>1</PmtInfId><PmtMtd>{method}</PmtMtd><NbOfTxs>{len(transfers)}</NbOfTxs>"
        f"{asked}<Dbtr>{debtor}</Dbtr>"
        f"{''.join(transfers)}</PmtInf></CstmrCdtTrfInitn></Document>"
    ).encode()


def transfer(
    amount: str = "15000", account: str = "237677000001", currency: str = "XAF", more: str = ""
) -> str:
    return (
        f"<CdtTrfTxInf><PmtId><EndToEndId>wages-7</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="{currency}">{amount}</InstdAmt></Amt>'
        f"<Cdtr><Nm>Awa Ndiaye</Nm>{more}</Cdtr>"
        f"<CdtrAcct><Id><Othr><Id>{account}</Id></Othr></Id></CdtrAcct>"
        f"<RmtInf><Ustrd>Novembre</Ustrd></RmtInf></CdtTrfTxInf>"
    )
