"""The developer's pages, each in both languages and on both screens."""

from __future__ import annotations

import pytest

from apps.documentation.guides import guide_file, read_guides
from tests.browser.conftest import ALL, LANGUAGES

pytestmark = pytest.mark.django_db(transaction=True)


@LANGUAGES
def test_every_page_for_developers_is_made_with_care(reader, language):
    window = reader(language)
    guides = read_guides(language)
    names = [f"guides/{name}" for name in guides]

    if not ALL:
        # They share one template.
        longest = max(guides, key=lambda name: guide_file(name, language).stat().st_size)
        names = [f"guides/{longest}"]
    for place in ("", *names, "reference"):
        window.open(f"/docs/{language}/{place}")
        window.look()

    assert not window.problems, "\n".join(window.problems)
