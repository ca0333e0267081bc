from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from xml.sax.saxutils import escape

import reportlab
from django.utils.translation import gettext as _
from PIL import Image as Picture
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Flowable,
    Image,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Table,
    TableStyle,
)

from apps.disputes.rules.file_type import has_many_scans

# Within the page's margins and the padding of its frame.
WIDTH, HEIGHT = A4[0] - 40 * mm - 12, 200 * mm
# Enough to read a receipt by; the whole file has its digest beside it.
IMAGE_POINTS_MAX = 1_600
GREY = colors.HexColor("#5b6475")
LINE = colors.HexColor("#d8dbe2")


# A hundred megabytes and more, while it is read.
_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class PackImage:
    """`content`: a JPEG or PNG."""

    caption: str
    content: bytes


@dataclass(frozen=True, slots=True)
class PackSection:
    """`facts`: (word, value); `texts` are paragraphs, their line breaks kept; `rows`: the lines of
    a table whose first one heads it, of these `widths` in parts of the page's."""

    title: str
    facts: Sequence[tuple[str, str]] = ()
    texts: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    widths: Sequence[float] = ()
    images: Sequence[PackImage] = ()


def draw_evidence_pack(*, title: str, sections: Iterable[PackSection], footer: str) -> bytes:
    """A PDF, its pages numbered. Nothing of it is secret once it is handed out."""
    drawn = BytesIO()
    document = SimpleDocTemplate(
        drawn,
        pagesize=A4,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=20 * mm,
        title=title,
        author="LOMI AFRICA",
    )
    fonts = _fonts()
    story: list[Flowable] = [Paragraph(_markup(title), fonts["title"])]
    for section in sections:
        story += _section(section, fonts)

    def number(canvas: object, page: SimpleDocTemplate) -> None:
        canvas.setFont("Vera", 7.5)  # type: ignore[attr-defined]
        canvas.setFillColor(GREY)  # type: ignore[attr-defined]
        canvas.drawString(20 * mm, 12 * mm, _printable(footer))  # type: ignore[attr-defined]
        canvas.drawRightString(A4[0] - 20 * mm, 12 * mm, str(page.page))  # type: ignore[attr-defined]

    document.build(story, onFirstPage=number, onLaterPages=number)
    return drawn.getvalue()


def _section(section: PackSection, fonts: dict[str, ParagraphStyle]) -> list[Flowable]:
    parts: list[Flowable] = [Paragraph(_markup(section.title), fonts["heading"])]
    if section.facts:
        rows = [
            [Paragraph(_markup(word), fonts["faint"]), Paragraph(_markup(value), fonts["text"])]
            for word, value in section.facts
        ]
        parts.append(_table(rows, (0.3, 0.7)))
    parts += [Paragraph(_markup(text), fonts["text"]) for text in section.texts]
    if section.rows:
        head, *others = section.rows
        rows = [[Paragraph(_markup(cell), fonts["faint"]) for cell in head]]
        rows += [[Paragraph(_markup(cell), fonts["text"]) for cell in row] for row in others]
        parts.append(_table(rows, section.widths))
    for image in section.images:
        caption = Paragraph(_markup(image.caption), fonts["faint"])
        shown = _image(image.content)
        if shown is None:
            words = _("This picture does not open; it stands in the list of files.")
            shown = Paragraph(_markup(words), fonts["text"])
        parts.append(KeepTogether([shown, caption]))
    return parts


def _table(rows: list[list[Paragraph]], widths: Sequence[float]) -> Table:
    return Table(
        rows,
        colWidths=[part * WIDTH for part in widths],
        # What somebody wrote may be longer than a page.
        splitInRow=1,
        style=TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ]
        ),
    )


def _image(content: bytes) -> Image | None:
    """Smaller, as one that was checked may be: ten large ones still fit into a letter. None of one
    that breaks off: its beginning was checked, all of it is read here first."""
    if has_many_scans(content):
        # Kept before such a one was refused.
        return None
    try:
        with _one_at_a_time, Picture.open(BytesIO(content)) as picture:
            picture.draft("RGB", (IMAGE_POINTS_MAX, IMAGE_POINTS_MAX))
            small = picture.convert("RGB")
    # What hostile bytes make of a decoder's code is anybody's guess.
    except Exception:
        return None
    small.thumbnail((IMAGE_POINTS_MAX, IMAGE_POINTS_MAX))
    written = BytesIO()
    small.save(written, "JPEG", quality=80)
    scale = min(WIDTH / small.width, HEIGHT / small.height, 1)
    return Image(written, width=small.width * scale, height=small.height * scale)


def _markup(text: str) -> str:
    return escape(_printable(text)).replace("\n", "<br/>")


def _printable(text: str) -> str:
    """The font has no narrow space."""
    return text.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}").replace("\t", "    ")


@cache
def _fonts() -> dict[str, ParagraphStyle]:
    # reportlab brings them; French accents are in them, which its built-in ones need no file for
    # but readers without a font of that name do.
    folder = Path(reportlab.__file__).parent / "fonts"
    registerFont(TTFont("Vera", folder / "Vera.ttf"))
    registerFont(TTFont("VeraBd", folder / "VeraBd.ttf"))
    text = ParagraphStyle("text", fontName="Vera", fontSize=8.5, leading=12, splitLongWords=True)
    return {
        "text": text,
        "faint": ParagraphStyle("faint", parent=text, textColor=GREY, fontSize=8),
        "heading": ParagraphStyle(
            "heading", parent=text, fontName="VeraBd", fontSize=11, leading=14,
            spaceBefore=14, spaceAfter=4,
        ),
        "title": ParagraphStyle(
            "title", parent=text, fontName="VeraBd", fontSize=15, leading=20, spaceAfter=4
        ),
    }  # fmt: skip
