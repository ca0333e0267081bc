"""Every number of every page is one of the code's, or a test shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from apps.core.api import problem_details
from tests.docs.figures import FIGURE_TEXT, Figure, figures, prose, value_of
from tests.docs.numbers import CLAIMS
from tests.docs.numbers.claim import Shown
from tests.docs.pages import ROOT, pages, read
from tests.docs.test_guides import domain_errors
from tests.docs.test_promises import is_collected

# Pages for those who use or run the platform. Those for who builds it tell of decisions and of
# other people's protocols.
PAGES = ["docs/openapi.json"] + [
    path
    for path in (str(each.relative_to(ROOT)) for each in pages())
    if not path.endswith(".fr.md")
    and (path.startswith("docs/guides/") or path.endswith("README.md"))
    and not path.startswith("apps/")
]

FRENCH = {str(each.relative_to(ROOT)) for each in pages() if each.name.endswith(".fr.md")}

# Cells that a test compares as a table: (page, how the row begins, column) -> test.
CELLS = [
    ("docs/guides/operations.md", r"\| `(?!core\.|providers\.|webhooks\.|approvals\.|ledger)", 4,
     "tests/docs/test_guides.py::test_operations_has_every_topic"),
    ("docs/guides/configuration.md", r"\| `[A-Z_]+` \| \d+ \|", 2,
     "tests/docs/test_numbers.py::test_the_defaults_shown_are_those_of_the_settings"),
]  # fmt: skip

# What RFC 6455 calls a line that broke.
CLOSED_BY_NOBODY = {1005, 1006}
# The status of a refusal, and 4000 before it as a socket closes.
CLOSE = 4000


def pattern_of(template: str) -> re.Pattern[str]:
    return re.compile(f"({FIGURE_TEXT})".join(map(re.escape, template.split("{}"))), re.IGNORECASE)


def text_of(page: str) -> str:
    """What a page says; of the description of the API, what describes."""
    if not page.endswith(".json"):
        return prose(read(page))
    return "\n".join(dict.fromkeys(descriptions(json.loads(read(page)))))


def descriptions(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from descriptions(each)
    elif isinstance(part, dict):
        for name, each in part.items():
            if name in {"description", "summary"} and isinstance(each, str):
                yield " ".join(each.split())
            elif name not in {"example", "examples"}:
                yield from descriptions(each)


def claimed(page: str) -> tuple[set[tuple[int, int]], list[str]]:
    """Where the claims of a page have their numbers, and what is wrong with them."""
    text, places, wrong = text_of(page), set(), []
    for template, *values in CLAIMS.get(page, ()):
        found = list(pattern_of(template).finditer(text))
        if not found:
            wrong.append(f"no such sentence: {template}")
        for each in found:
            for number, value in enumerate(values, start=1):
                wanted = value.value if isinstance(value, Shown) else value
                places.add(each.span(number))
                if value_of(each[number]) != pytest.approx(wanted):
                    wrong.append(f"{each[0]}: {each[number]} is {wanted}")
    return places, wrong


@pytest.mark.parametrize("page", sorted(CLAIMS))
def test_every_claim_is_what_the_code_says(page):
    assert claimed(page)[1] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_number_comes_from_nowhere(page):
    text = text_of(page)
    places, _ = claimed(page)

    free = [
        text[max(0, one.start - 40) : one.end + 40]
        for one in figures(text)
        if (one.start, one.end) not in places
        and not is_status(text, one)
        and not is_compared(page, text, one)
    ]

    assert free == []


STATUSES = {error.status for error in domain_errors()} | {
    error.status_code for error in problem_details.CODES
}
CODES = {error.code: error.status for error in domain_errors()} | {
    code: error.status_code for error, (code, _) in problem_details.CODES.items()
}


def is_status(text: str, figure: Figure) -> bool:
    """An HTTP status that the platform answers, and the one of the code beside it."""
    status = int(figure.value)
    if status in CLOSED_BY_NOBODY or status == CLOSE:
        return True
    status -= CLOSE if status > CLOSE else 0
    if status not in set(HTTPStatus) or re.match(r" (?:days|events|MB)", text[figure.end :]):
        return False
    beside = re.match(r"(?: \||) `(\w+)`", text[figure.end :])
    if beside and beside[1] in CODES:
        return CODES[beside[1]] == status
    return status in STATUSES or status in {200, 410, 500, 503}


def is_compared(page: str, text: str, figure: Figure) -> bool:
    begins = text.rfind("\n", 0, figure.start) + 1
    row = text[begins : text.find("\n", figure.start)]
    column = text.count("|", begins, figure.start)
    return any(
        page == where and column == which and re.match(start, row)
        for where, start, which, _ in CELLS
    )


def test_what_is_shown_by_a_test_has_that_test():
    named = {
        value.test
        for claims in CLAIMS.values()
        for _, *values in claims
        for value in values
        if isinstance(value, Shown)
    } | {test for *_, test in CELLS}

    assert len(named) > 8
    assert [test for test in named if not is_collected(test)] == []


def test_no_claim_brings_numbers_of_its_own():
    for claims in CLAIMS.values():
        for template, *values in claims:
            bare = [one for one in figures(template) if not is_status(template, one)]
            assert template.count("{}") == len(values), template
            assert bare == [], template


@pytest.mark.parametrize(
    "page", [page for page in PAGES if f"{page.removesuffix('.md')}.fr.md" in FRENCH]
)
def test_both_languages_name_the_same_numbers(page):
    english = prose(read(page)).splitlines()
    french = prose(read(page.replace(".md", ".fr.md"))).splitlines()

    different = [
        (mine, yours)
        for mine, yours in zip(english, french, strict=True)
        if sorted(one.value for one in figures(mine)) != sorted(one.value for one in figures(yours))
    ]

    assert different == []


def test_the_defaults_shown_are_those_of_the_settings():
    source = "".join(path.read_text() for path in (ROOT / "config/settings").glob("*.py"))
    wanted = {
        name: int(number.replace("_", ""))
        for name, number in re.findall(r'env\.integer\(\s*"(\w+)", ([\d_]+)\)', source)
    }

    shown = dict(
        re.findall(r"^\| `(\w+)` \| (\d+) \|", read("docs/guides/configuration.md"), re.MULTILINE)
    )

    assert {name: int(number) for name, number in shown.items()} == {
        name: number for name, number in wanted.items() if name in shown
    } | {name: int(shown[name]) for name in ("WEBHOOK_RETRY_SCALE", "SIMULATOR_GRACE_S")}
    assert len(shown) > 20
