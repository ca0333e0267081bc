from __future__ import annotations

from datetime import datetime
from io import BytesIO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from apps.disputes.services.find_signer import find_signer

FIELD = "LOMI"


def sign_pdf(pdf: bytes, *, reason: str, now: datetime) -> bytes:
    """The same document with a signature over all of it, which any reader of PDFs checks."""
    signed = BytesIO()
    signers.sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)),
        signers.PdfSignatureMetadata(field_name=FIELD, reason=reason, name="LOMI AFRICA"),
        signer=find_signer(now=now),
        output=signed,
    )
    return signed.getvalue()
