"""The knowledge base: complete, true to the tables, and safe for everybody."""

from __future__ import annotations

import re

import pytest

from apps.providers.contract import FailureCode
from apps.support_tickets.rules.articles import (
    ARTICLES,
    FOLDER,
    LANGUAGES,
    article_file,
    article_of_failure,
    articles_of_case,
    shown_articles,
)
from apps.support_tickets.rules.situations import SITUATIONS
from apps.vault.tokens import sign_token
from tests.factories import PaymentFactory


def test_every_situation_and_every_failure_has_an_article():
    assert [code for code in SITUATIONS if not articles_of_case(code)] == []
    assert [code for code in FailureCode if article_of_failure(code) is None] == []


def test_articles_name_only_situations_and_failures_that_are():
    for article in ARTICLES:
        assert set(article.situations) <= set(SITUATIONS), article.slug
        assert set(article.failures) <= {code.value for code in FailureCode}, article.slug


def test_every_file_is_an_article_and_every_article_has_both_files():
    files = {path.name for path in FOLDER.glob("*.md")}

    assert files == {
        article_file(article.slug, language).name for article in ARTICLES for language in LANGUAGES
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_article_is_short_and_has_a_title_of_its_own(language):
    shown = shown_articles(language).values()

    assert len({article.title for article in shown}) == len(ARTICLES)
    for article in shown:
        words = len(re.sub(r"<[^>]+>", " ", article.html).split())
        assert 40 <= words <= 220, article.slug
        assert 0 < len(article.summary) <= 220, article.slug
        assert "<script" not in article.html


def test_french_is_set_as_french_is():
    for article in ARTICLES:
        text = article_file(article.slug, "fr").read_text(encoding="utf-8")
        assert "'" not in text, article.slug
        assert not re.search(r"[ \w][;?!](\s|$)|[^\u202f]:(\s|$)|« | »", text), article.slug


def test_whoever_asks_is_led_to_the_own_language(client):
    answer = client.get("/help/", headers={"accept-language": "fr-CM,fr;q=0.9"})

    assert (answer.status_code, answer["Location"]) == (302, "/help/fr/")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_leads_to_every_article(client, language):
    page = client.get(f"/help/{language}/")

    for article in ARTICLES:
        address = f"/help/{language}/{article.slug}"
        assert f'href="{address}"' in page.text
        found = client.get(address)
        assert found.status_code == 200
        assert f'lang="{language}"' in found.text
        assert "default-src 'none'" in found["Content-Security-Policy"]


def test_a_failure_code_leads_to_its_article(client):
    found = client.get("/help/fr/failures/insufficient_funds")

    assert found["Location"] == "/help/fr/insufficient-funds"
    assert client.get("/help/fr/failures/no_such_code").status_code == 404
    assert client.get("/help/fr/no-such-article").status_code == 404
    assert client.get("/help/de/").status_code == 404


def test_links_between_files_are_links_between_pages():
    assert 'href="/docs/fr/guides/webhooks"' in shown_articles("fr")["webhook-not-received"].html


@pytest.mark.django_db
def test_the_payers_page_leads_to_what_she_can_do(client):
    failed, paid = PaymentFactory(failed=True), PaymentFactory(succeeded=True)

    pages = [
        client.get(f"/pay/{sign_token('payer_page', payment.pk)}").text
        for payment in (failed, paid)
    ]

    address = "/failures/payer_declined"
    assert [address in page for page in pages] == [True, False]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("fr", "Ne payez pas de nouveau."),
        ("en", "Please do not pay again."),
    ],
)
def test_who_looks_for_help_is_told_what_we_know_first(client, language, sentence):
    payment = PaymentFactory(verifying=True)
    token = sign_token("payer_page", payment.pk)

    page = client.get(f"/pay/{token}/help?language={language}").text

    assert sentence in page
    assert f"/help/{language}/debited-not-confirmed" in page
