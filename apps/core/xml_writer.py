"""XML, written element by element."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from xml.sax.saxutils import XMLGenerator

# No document may have it, written however (XML 1.0, 2.2). A file that had it could not be read.
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """What XML has no place for is marked as replaced."""
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)


class XmlWriter:
    """Elements, each opened and closed in turn; UTF-8."""

    def __init__(self) -> None:
        self._written = BytesIO()
        self._xml = XMLGenerator(self._written, encoding="utf-8", short_empty_elements=True)
        self._xml.startDocument()

    @contextmanager
    def element(self, name: str, attributes: Mapping[str, str] | None = None) -> Iterator[None]:
        told = {key: xml_text(value) for key, value in (attributes or {}).items()}
        self._xml.startElement(name, told)  # type: ignore[arg-type]
        yield
        self._xml.endElement(name)

    def text(self, name: str, value: str, attributes: Mapping[str, str] | None = None) -> None:
        with self.element(name, attributes):
            self._xml.characters(xml_text(value))

    def end(self) -> bytes:
        self._xml.endDocument()
        return self._written.getvalue()
