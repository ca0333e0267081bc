from __future__ import annotations

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
}
# A picture that is small as a file and huge once it is drawn is no evidence.
PIXELS_MAX = 25_000_000
# Each scan of a JPEG goes over the whole picture, and fits into fifty bytes. Cameras write ten.
SCANS_MAX = 32
SCAN = b"\xff\xda"


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
            with Image.open(BytesIO(content), formats=[*IMAGES]) as image:
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
    """Whether drawing it may take for ever."""
    return content.count(SCAN) > SCANS_MAX
