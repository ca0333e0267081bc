"""The knowledge base: short articles for payers and merchants, and what each is an answer to.

Their texts are files, `docs/help/<slug>.md` in English and `<slug>.fr.md` in French.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from markdown_it import MarkdownIt

FOLDER = settings.BASE_DIR / "docs" / "help"
LANGUAGES = ("en", "fr")


@dataclass(frozen=True, slots=True)
class Article:
    """`situations` are codes of rules.situations, `failures` failure codes: each article comes
    first where it is the best answer."""

    slug: str
    situations: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownArticle:
    """In one language. `html` is safe: the files are ours, and hold no HTML of their own."""

    slug: str
    title: str
    summary: str
    html: str


# In the order of the list that people read.
ARTICLES = (
    Article(
        "debited-not-confirmed",
        situations=("debited_not_confirmed", "undecided", "authorized", "contradicted"),
    ),
    Article("no-prompt", situations=("no_prompt", "page_open", "not_sent_yet")),
    Article("paid-twice", situations=("paid_twice", "all_is_well")),
    Article("wrong-number", situations=("wrong_number",)),
    Article("payment-disputed", situations=("disputed", "dispute_lost")),
    Article(
        "failed-and-debited",
        situations=(
            "failed_and_debited",
            "said_to_be_debited",
            "failed",
            "canceled",
            "number_asked",
        ),
    ),
    Article(
        "refund-not-arrived",
        situations=(
            "refund_waits_for_approval",
            "refund_canceled",
            "refund_under_way",
            "refund_not_confirmed",
            "refund_undecided",
            "refund_failed",
            "refund_arrived",
        ),
    ),
    Article(
        "time-is-over",
        situations=("expired", "expired_unanswered"),
        failures=("payer_timed_out",),
    ),
    Article("insufficient-funds", failures=("insufficient_funds",)),
    Article("limit-reached", failures=("limit_reached", "payee_limit_reached")),
    Article("payer-declined", failures=("payer_declined",)),
    Article(
        "number-not-found",
        situations=("number_unknown",),
        failures=("payer_not_found", "payee_not_found"),
    ),
    Article("account-blocked", failures=("payer_blocked", "payee_cannot_receive")),
    Article(
        "operator-not-reached",
        failures=("provider_unavailable", "configuration", "merchant_account_blocked"),
    ),
    Article("operator-declined", failures=("provider_declined",)),
    Article(
        "payout-not-arrived",
        situations=(
            "payout_waits_for_approval",
            "payout_canceled",
            "payout_under_way",
            "payout_not_confirmed",
            "payout_undecided",
            "payout_failed",
            "payout_to_wrong_number",
            "payout_arrived",
        ),
    ),
    Article(
        "webhook-not-received",
        situations=(
            "webhook_not_received",
            "webhook_stopped",
            "webhook_delivered",
            "webhook_under_way",
            "webhook_not_wanted",
        ),
    ),
    Article("keep-your-code-secret"),
)


def article_of_failure(code: str) -> Article | None:
    return next((article for article in ARTICLES if code in article.failures), None)


def articles_of_case(situation: str, failure_code: str = "") -> list[Article]:
    """What to give to whoever is in this situation: of the very failure first."""
    of_failure = article_of_failure(failure_code)
    found = [article for article in ARTICLES if situation in article.situations]
    return [of_failure, *found] if of_failure and of_failure not in found else found


@cache
def shown_articles(language: str) -> dict[str, ShownArticle]:
    """All by slug, in order. Read once a process: they change with a release."""
    return {article.slug: _shown(article.slug, language) for article in ARTICLES}


def article_file(slug: str, language: str) -> Path:
    return Path(FOLDER / (f"{slug}.md" if language == "en" else f"{slug}.{language}.md"))


def _shown(slug: str, language: str) -> ShownArticle:
    title, _, body = article_file(slug, language).read_text(encoding="utf-8").partition("\n")
    html = MarkdownIt("commonmark", {"html": False}).render(body)
    # A link from file to file becomes one from page to page.
    html = re.sub(
        r'href="\.\./guides/([\w-]+?)(?:\.fr)?\.md"', rf'href="/docs/{language}/guides/\1"', html
    )
    summary = re.split(r"(?<=[.?!])\s", " ".join(body.strip().split("\n\n")[0].split()))[0]
    return ShownArticle(slug, title.removeprefix("# "), summary, html)
