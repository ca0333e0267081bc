"""Reading our own Markdown: its code blocks, tables, links and headings."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
READMES = ("README.md", "README.fr.md")

# Made or brought by tools, not written by us.
NOT_OURS = {".venv", "var", "node_modules", "staticfiles"}
# A page once it is copied to its place.
TEMPLATES = {"connector_template"}


@dataclass(frozen=True)
class Block:
    """A fenced block: what follows the fence, and its text."""

    language: str
    text: str


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def pages() -> list[Path]:
    return sorted(
        path
        for path in ROOT.rglob("*.md")
        if not any(
            part in NOT_OURS | TEMPLATES or part.startswith(".")
            for part in path.relative_to(ROOT).parts
        )
    )


def blocks(text: str) -> list[Block]:
    found = re.findall(r"^( *)```(\w*)\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL)
    return [Block(language, textwrap.dedent(body)) for _, language, body in found]


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next of its level or a higher one."""
    level = heading.split(" ", 1)[0]
    _, found, rest = f"\n{text}".partition(f"\n{heading}\n")
    assert found, f"no heading {heading!r}"
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every table row, headings left out."""
    for line, following in pairwise([*text.splitlines(), ""]):
        is_row = line.startswith("|") and not line.startswith("|---")
        if is_row and not following.startswith("|---"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def table(text: str) -> dict[str, list[str]]:
    """Rows by their first cell, backticks taken off everywhere."""
    return {row[0]: row[1:] for row in rows(text.replace("`", ""))}


def links(text: str) -> list[str]:
    prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", prose)


def anchors(text: str) -> set[str]:
    """Headings as GitHub makes addresses of them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
