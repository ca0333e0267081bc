from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from io import BytesIO

from PIL import Image

from apps.core.errors import DomainError
from apps.disputes.models import EvidenceFile
from apps.disputes.rules.evidence import FILE_BYTES_MAX

# Pillow's formats that are taken.
IMAGES: Mapping[str, str] = {
    "JPEG": EvidenceFile.ContentType.JPEG,
    "PNG": EvidenceFile.ContentType.PNG,
    # A JPEG with others behind its end, as telephones make them: it is opened as a JPEG.
    "MPO": EvidenceFile.ContentType.JPEG,
}
OPENED = ("JPEG", "PNG")
# A picture that is small as a file and huge once it is drawn is no evidence.
PIXELS_MAX = 25_000_000
# Each scan of a JPEG goes over the whole picture, and fits into fifty bytes. Cameras write ten.
SCANS_MAX = 32
JPEG = b"\xff\xd8"
# ITU-T T.81, B.1.1.3: what is stuffed, or restarts within a scan, begins nothing.
MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])", re.DOTALL)
WITHOUT_LENGTH, END, SCAN = (0x01, 0xD8), 0xD9, 0xDA


class EvidenceFileTooLarge(DomainError):
    code = "evidence_file_too_large"
    status = 413
    title = "A file has at most 5 MB."


class EvidenceFileNotTaken(DomainError):
    code = "evidence_file_not_taken"
    status = 422
    title = "Send JPEG and PNG images, and PDFs."


def file_type(content: bytes) -> str:
    """What a file is, by its content: its name and what its sender says of it count for nothing.

    Raises:
        EvidenceFileTooLarge, EvidenceFileNotTaken.
    """
    if len(content) > FILE_BYTES_MAX:
        raise EvidenceFileTooLarge(f"It has {len(content)} bytes.", field="files")
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-1024:]:
        return EvidenceFile.ContentType.PDF
    try:
        with warnings.catch_warnings():
            # Pillow warns of pictures that are larger than ours may be.
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(content), formats=OPENED) as image:
                width, height, kind = *image.size, str(image.format)
                if width * height <= PIXELS_MAX:
                    image.verify()
    # What hostile bytes make of a decoder's code is anybody's guess.
    except Exception:
        raise EvidenceFileNotTaken("It is no whole image and no PDF.", field="files") from None
    if width * height > PIXELS_MAX:
        raise EvidenceFileNotTaken("It has more than 25 million points.", field="files")
    if has_many_scans(content):
        raise EvidenceFileNotTaken("It has more scans than any camera writes.", field="files")
    return IMAGES[kind]


def has_many_scans(content: bytes) -> bool:
    """Whether drawing it may take for ever: of a JPEG, up to its end, whatever comes after."""
    scans, at = 0, len(JPEG)
    while content.startswith(JPEG) and (found := MARKER.search(content, at)):
        kind, at = found[1][0], found.end()
        if kind == END:
            break
        if kind not in WITHOUT_LENGTH:
            at += max(int.from_bytes(content[at : at + 2], "big"), 2)
        scans += kind == SCAN
        if scans > SCANS_MAX:
            return True
    return False
