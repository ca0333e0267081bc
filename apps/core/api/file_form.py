"""A form with one file, larger than a JSON body may be: read in pieces, kept out of memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict
from django.utils.http import parse_header_parameters
from rest_framework.parsers import BaseParser, DataAndFiles

from apps.core.errors import DomainError
from apps.core.json_format import BodyTooLarge

# Of the end of a body, in which its last boundary stands: RFC 2046 gives it 70 characters.
_TAIL_BYTES = 128


class FormMalformed(DomainError):
    code = "malformed_form"
    status = 400
    title = "The body is not a valid form."


class BodyIncomplete(DomainError):
    code = "body_incomplete"
    status = 400
    title = "The body ended too early."


class LengthMissing(DomainError):
    code = "length_required"
    status = 411
    title = "Send how long the body is."


class FileFormParser(BaseParser):
    """multipart/form-data as a plain dictionary of texts and files, each name once.

    A form that breaks off, or whose file holds its boundary, is refused whole: what is half there
    would look like a shorter list.
    Files lie where Django's upload handlers put them, and are gone with the request.
    """

    media_type = "multipart/form-data"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> DataAndFiles[Any, Any]:
        request = (parser_context or {})["request"]._request
        declared = request.META.get("CONTENT_LENGTH") or ""
        length = int(declared) if declared.isdecimal() else 0
        # Its length was counted by us, up to a bound that is less than ours.
        if "HTTP_TRANSFER_ENCODING" in request.META and length > settings.FILES_BODY_BYTES_MAX:
            raise LengthMissing("Send a large form with its Content-Length, not in chunks.")
        if length > settings.FORM_BODY_BYTES_MAX:
            raise BodyTooLarge(f"A form has at most {settings.FORM_BODY_BYTES_MAX} bytes.")
        _, said = parse_header_parameters(request.META["CONTENT_TYPE"])
        counted: Any = _Counted(stream, boundary=f"--{said.get('boundary', '')}".encode())
        try:
            texts, files = MultiPartParser(
                request.META, counted, request.upload_handlers, "utf-8"
            ).parse()
        except (MultiPartParserError, SuspiciousOperation) as error:
            raise FormMalformed(str(error)) from None
        except TypeError:
            # So Python says that parameters of a header do not go together.
            raise FormMalformed("The header of a part cannot be read.") from None
        except UnreadablePostError:
            raise BodyIncomplete(f"Of {length} bytes, {counted.size} came.") from None
        counted.read_rest()
        if counted.size != length:
            raise BodyIncomplete(f"Of {length} bytes, {counted.size} came.")
        if not counted.tail.rstrip().endswith(counted.boundary + b"--"):
            raise BodyIncomplete("The last boundary is missing.")
        parts = [one for named in (texts, files) for _, found in named.lists() for one in found]
        # Within a file it would end the file there, and what follows would be part of nothing.
        if counted.boundaries != len(parts) + 1:
            raise FormMalformed("A boundary stands before each field and at the end, nowhere else.")
        data = {**_once(texts), **_once(files, besides=texts)}
        return DataAndFiles(data, _ToBeClosed(files))


class _ToBeClosed(MultiValueDict[str, Any]):
    """Files that stand in the data already: Django closes them with the request."""

    def __bool__(self) -> bool:
        return False


class _Counted:
    """A stream, how much of it was read, how often its boundary stands there, and its end."""

    def __init__(self, stream: Any, *, boundary: bytes) -> None:
        self._stream = stream
        self.boundary = boundary
        self.size = self.boundaries = 0
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        found: bytes = self._stream.read(size)
        self.size += len(found)
        if found:
            # One may lie across two pieces.
            begun = self.tail[1 - len(self.boundary) :]
            self.boundaries += (begun + found).count(self.boundary)
            self.tail = (self.tail + found[-_TAIL_BYTES:])[-_TAIL_BYTES:]
        return found

    def read_rest(self) -> None:
        while self.read(1 << 16):
            pass


def _once(
    values: MultiValueDict[str, Any], besides: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    for name, found in values.lists():
        if len(found) > 1 or name in (besides or ()):
            raise FormMalformed(f"The field {name[:60]!r} stands twice.")
    for name, value in values.items():
        if "\x00" in name or (isinstance(value, str) and "\x00" in value):
            raise FormMalformed("Text must not contain the NUL character.")
    return values.dict()
