"""The guides: Markdown in docs/guides, `name.md` in English and `name.fr.md` in French."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

DOCS = settings.BASE_DIR / "docs"
LANGUAGES = ("en", "fr")
# Folders whose files are shown as text where a guide leads to them.
PROGRAMS = ("examples", "sdk")
# Where `make demo` serves, as the guides have it in the repository.
ON_ONE_MACHINE = "LOMI_URL=http://127.0.0.1:8000"
STREAMS_ON_ONE_MACHINE = "LOMI_REALTIME_URL=http://127.0.0.1:8060"
# French puts one before its double signs, and no line may end there.
NARROW_SPACE = "\u202f"
# In the order of the menu. The guides for our own staff are not among them.
NAMES = (
    "first-payment",
    "refunds",
    "payouts",
    "payout-batches",
    "disputes",
    "support",
    "reports",
    "fees",
    "settlements",
    "day-reports",
    "api-keys",
    "oauth",
    "idempotency",
    "lists",
    "webhooks",
    "real-time",
    "testing",
    "states",
    "errors",
    "going-live",
)


@dataclass(frozen=True, slots=True)
class Guide:
    """One page; `headings` are of the second level, as (anchor, text)."""

    name: str
    title: str
    summary: str
    html: str
    headings: tuple[tuple[str, str], ...]


@cache
def read_guides(language: str) -> dict[str, Guide]:
    """All guides by name. Read once a process: they change with a release."""
    return {
        name: _read(name, path, language)
        for name in NAMES
        if (path := guide_file(name, language)).exists()
    }


def guide_file(name: str, language: str) -> Path:
    ending = ".md" if language == "en" else f".{language}.md"
    return Path(DOCS / "guides" / f"{name}{ending}")


def anchor(heading: str) -> str:
    """As GitHub makes it, so that one link serves both."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def markdown(text: str) -> str:
    """A few paragraphs, such as descriptions in the OpenAPI document."""
    return str(_parser().render(text))


@cache
def inline_markdown(text: str) -> str:
    """A sentence of the OpenAPI document: many fields share theirs."""
    return str(_parser().renderInline(text))


@cache
def _parser() -> MarkdownIt:
    """One for all: to make it takes longer than most texts do."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _read(name: str, path: Path, language: str) -> Guide:
    parser = _parser()
    text = path.read_text(encoding="utf-8")
    # What is copied from a page of ours goes to us, wherever we are served.
    text = text.replace(ON_ONE_MACHINE, f"LOMI_URL={settings.PUBLIC_URL}")
    text = text.replace(STREAMS_ON_ONE_MACHINE, f"LOMI_REALTIME_URL={settings.REALTIME_URL}")
    tokens = parser.parse(text)
    title, summary, headings = name, "", []
    for token in tokens:
        _lead(token.children or (), language)
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else token
        if token.type == "heading_open":
            text = _text(following)
            token.attrSet("id", anchor(text))
            if token.tag == "h1":
                title = text
            elif token.tag == "h2":
                headings.append((anchor(text), text))
        elif token.type == "paragraph_open" and not summary:
            summary = _text(following)
    html = parser.renderer.render(tokens, parser.options, {})
    # A row that begins with a code can be linked to.
    html = re.sub(
        r"<tr>\s*<td><code>(\w+)</code></td>", r'<tr id="\1"><td><code>\1</code></td>', html
    )
    # A wide table scrolls by itself, not the page.
    html = html.replace("<table>", '<div class="wide"><table>').replace(
        "</table>", "</table></div>"
    )
    # So does code, and keys must be able to scroll it.
    html = html.replace("<pre>", '<pre tabindex="0">')
    # The corner of a table heads nothing.
    html = html.replace("<th></th>", "<td></td>")
    return Guide(name, title, summary, html, tuple(headings))


def _text(token: Token) -> str:
    return "".join(one.content or " " for one in token.children or () if not one.nesting)


def _lead(tokens: Iterable[Token], language: str) -> None:
    """Links between files become links between pages; those to what is not shown become text."""
    is_text = False
    for token in tokens:
        if token.type == "link_open":
            address = _page_address(str(token.attrGet("href")), language)
            token.attrSet("href", address)
            is_text = token.hidden = not address
        elif token.type == "link_close":
            token.hidden = is_text
        elif token.type == "text" and language == "fr":
            token.content = re.sub(" (?=[:;?!»])|(?<=«) ", NARROW_SPACE, token.content)
            token.content = re.sub(r"(?<=\w)'", "’", token.content)
        elif token.type == "image":
            token.attrSet("src", f"/docs/diagrams/{Path(str(token.attrGet('src'))).name}")
            _lead(token.children or (), language)


def _page_address(link: str, language: str) -> str:
    place, _, fragment = link.partition("#")
    name = Path(place).name.removesuffix(".md").removesuffix(".fr")
    if link.startswith(("http://", "https://", "mailto:", "/")) or not place:
        return link
    if place.endswith("openapi.json"):
        return "/api/v1/openapi.json"
    if name in NAMES:
        return f"/docs/{language}/guides/{name}" + (f"#{fragment}" if fragment else "")
    inside = (DOCS / "guides" / place).resolve()
    is_program = any(inside.is_relative_to(settings.BASE_DIR / folder) for folder in PROGRAMS)
    return f"/docs/source/{inside.relative_to(settings.BASE_DIR)}" if is_program else ""
