"""The numbers that a page names, in figures or in words, English or French."""

from __future__ import annotations

import re
from dataclasses import dataclass

WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100,
    "thousand": 1000, "half": 0.5, "quarter": 0.25, "tenth": 0.1,
    "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9,
    "dix": 10, "douze": 12, "vingt": 20, "trente": 30, "cinquante": 50, "cent": 100,
    "mille": 1000, "demi": 0.5, "demie": 0.5, "quart": 0.25, "moitié": 0.5, "dixième": 0.1,
}  # fmt: skip
# A word is a number of something measured, or counted; "two of your servers" is a way to speak.
UNITS = (
    "seconds|minutes|hours|days|weeks|months|years|times|tries|retries|digits|digit|events|lines"
    "|functions|requests|references|others|kinds|languages|generators"
    "|secondes|heures|jours|semaines|mois|ans|fois|essais|chiffres|événements|lignes"
    "|fonctions|requêtes|références|langues|langages|générateurs"
)
_WORD = "|".join(WORDS)
FIGURE = re.compile(
    # Not a part of a name or of another number.
    r"(?<![\w.,:/…^=-])(?:"
    r"(?P<figure>\d{1,3}(?:[,\u202f\u00a0 ]\d{3})+(?!\d)|\d+(?:[.]\d+)?)(?![\w/:]|[.]\d|-\d)"
    rf"|(?P<word>(?i:{_WORD}))(?=(?:-| | [\w\u00e0-\u00ff]+ )(?:{UNITS})\b)"
    r"|(?P<part>(?i:half|quarter|tenth|demi|demie|moitié|quart|dixième))\b)"
)
# A number by itself, however it is written.
FIGURE_TEXT = rf"\d{{1,3}}(?:[,\u202f\u00a0 ]\d{{3}})+(?!\d)|\d+(?:\.\d+)?|\b(?:{_WORD})\b"
# Names of standards and versions, instants, and what is written for programs.
NAMES = re.compile(
    r"`[^`]*`|\]\([^)]*\)|OAuth 2\.0|RFC \d+|SHA-256|TLS 1\.3|X\.509|ISO \d+(?:-\d+)?|UTF-8"
    r"|P-256|P-521|Licen[sc]e(?: Apache)? 2\.0|deux fois|à neuf heures"
    r"|\b[1-5]xx\b|10\^\d+|since 1970"
    r"|\d{4}-\d\d-\d\d\S*|\d+\.\d+\.\d+\.\d+(?:/\d+)?"
)


@dataclass(frozen=True)
class Figure:
    """A number of a text, and where it stands."""

    value: float
    start: int
    end: int


def prose(text: str) -> str:
    """A page without its blocks, each paragraph, item and row in one line."""
    text = re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.MULTILINE | re.DOTALL)
    lines: list[str] = []
    is_new = True
    for line in text.splitlines():
        begins = re.match(r"\s*(?:[-*] |\d+\. |\||#)", line)
        # Numbers of items and headings are none.
        line = re.sub(r"^\s*#+ (?:\d+\. )?|^\s*\d+\. ", "", line)
        if not line.strip() or re.fullmatch(r"[|\-\s]+", line):
            is_new = True
        elif is_new or begins:
            lines.append(line.strip())
            is_new = line.startswith("|")
        else:
            lines[-1] += " " + line.strip()
    return "\n".join(lines)


def figures(text: str) -> list[Figure]:
    masked = NAMES.sub(lambda found: "`" * len(found[0]), text)
    return [
        Figure(value_of(found[0]), found.start(), found.end()) for found in FIGURE.finditer(masked)
    ]


def value_of(text: str) -> float:
    word = text.lower()
    return WORDS[word] if word in WORDS else float(re.sub(r"[,\s]", "", text))
