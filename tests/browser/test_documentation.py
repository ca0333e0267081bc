"""The developer's pages, each in both languages and on both screens."""

from __future__ import annotations

import pytest

from apps.documentation.guides import read_guides
from tests.browser.conftest import ALL, LANGUAGES

pytestmark = pytest.mark.django_db(transaction=True)


@LANGUAGES
def test_every_page_for_developers_is_made_with_care(reader, language):
    window = reader(language)
    names = [f"guides/{name}" for name in read_guides(language)]

    if language == "en" and not ALL:
        # English is the language the guides are written in, and the shorter: one of the template.
        del names[1:]
    for place in ("", *names, "reference"):
        window.open(f"/docs/{language}/{place}")
        # The guides share one template.
        window.look(has_new_colours=place in {"", names[0], "reference"})

    assert not window.problems, "\n".join(window.problems)
