"""Every link between our pages leads somewhere."""

from __future__ import annotations

import pytest

from tests.docs.pages import ROOT, anchors, links, pages


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path):
    broken = []
    for link in links(path.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        place, _, anchor = link.partition("#")
        target = (path.parent / place).resolve() if place else path
        leads = target.exists()
        if leads and anchor:
            leads = anchor in anchors(target.read_text(encoding="utf-8"))
        if not leads:
            broken.append(link)

    assert broken == []
