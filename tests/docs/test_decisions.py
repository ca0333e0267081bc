"""docs/adr/README.md lists every decision."""

import re

from tests.docs.pages import ROOT, links, read

FOLDER = ROOT / "docs" / "adr"
LISTED = re.findall(r"^- \[(.+)\]\((.+)\)$", read("docs/adr/README.md"), re.MULTILINE)


def test_every_decision_is_listed_under_its_title_in_order():
    decisions = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
    titles = [re.sub(r"^# \d+\. ", "", path.read_text().splitlines()[0]) for path in decisions]

    assert [(title, path.name) for title, path in zip(titles, decisions, strict=True)] == LISTED


def test_a_number_is_given_once():
    numbers = [path.name[:4] for path in FOLDER.glob("0*.md")]

    assert len(numbers) == len(set(numbers))


def test_the_readme_leads_there():
    assert "docs/adr/README.md" in links(read("README.md"))
