"""The knowledge base, in both languages and on both screens."""

from __future__ import annotations

import pytest

from apps.support_tickets.rules.articles import ARTICLES
from tests.browser.conftest import ALL, LANGUAGES

pytestmark = pytest.mark.django_db(transaction=True)


@LANGUAGES
def test_every_article_is_made_with_care(reader, language):
    window = reader(language)

    # They share one template.
    articles = ARTICLES if ALL else ARTICLES[:1]
    for place in ("", *(article.slug for article in articles)):
        window.open(f"/help/{language}/{place}")
        window.look()

    assert not window.problems, "\n".join(window.problems)
