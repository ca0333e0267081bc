"""XML of strangers, read as it comes: no entity, no network, no more in memory than one part."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import IO, Any

from lxml import etree

from apps.core.tables.cells import FileRefused

_HEAD_BYTES = 512
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']+)")
_ENCODINGS = {"UTF-8", "UTF-16", "US-ASCII", "ASCII", "UTF-16LE", "UTF-16BE"}


def parts(file: IO[bytes], tags: Collection[str], *, starts: bool = False) -> Iterator[Any]:
    """The elements of these tags, each complete and thrown away after use; with `starts`, pairs of
    "start" or "end" and the element.

    Raises FileRefused: it is not XML, or has a DOCTYPE or an encoding that is not read.
    """
    _refuse_encoding(file)
    try:
        events = etree.iterparse(
            file,
            events=("start", "end") if starts else ("end",),
            tag=tuple(tags),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        is_checked = False
        for event, element in events:
            if not is_checked:
                _refuse_unsafe(element)
                is_checked = True
            yield (event, element) if starts else element
            if event == "end":
                _forget(element)
    except etree.XMLSyntaxError as error:
        raise FileRefused("xml_broken", line=error.lineno or 1) from None


def _refuse_unsafe(root: Any) -> None:
    about = root.getroottree().docinfo
    if about.doctype or about.internalDTD is not None:
        raise FileRefused("xml_doctype")


def _refuse_encoding(file: IO[bytes]) -> None:
    """What libxml2 reads besides is told by nobody: UTF-7 hides what stands there."""
    head = file.read(_HEAD_BYTES).replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")
    said = _DECLARED.match(head)
    file.seek(0)
    if said and said[1].decode("ascii", "replace").upper() not in _ENCODINGS:
        raise FileRefused("xml_encoding", encoding=said[1].decode("ascii", "replace")[:20])


def _forget(element: Any) -> None:
    element.clear()
    while element.getprevious() is not None:
        parent = element.getparent()
        if parent is None:
            return
        del parent[0]
