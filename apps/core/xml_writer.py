"""XML, written element by element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from xml.sax.saxutils import XMLGenerator


class XmlWriter:
    """Elements, each opened and closed in turn; UTF-8."""

    def __init__(self) -> None:
        self._written = BytesIO()
        self._xml = XMLGenerator(self._written, encoding="utf-8", short_empty_elements=True)
        self._xml.startDocument()

    @contextmanager
    def element(self, name: str, attributes: Mapping[str, str] | None = None) -> Iterator[None]:
        self._xml.startElement(name, dict(attributes or {}))  # type: ignore[arg-type]
        yield
        self._xml.endElement(name)

    def text(self, name: str, value: str, attributes: Mapping[str, str] | None = None) -> None:
        with self.element(name, attributes):
            self._xml.characters(value)

    def end(self) -> bytes:
        self._xml.endDocument()
        return self._written.getvalue()
