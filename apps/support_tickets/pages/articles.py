"""The knowledge base for everybody: no session, no JavaScript."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from apps.support_tickets.rules.articles import LANGUAGES, article_of_failure, shown_articles

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
CACHED_S = 300


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """To the reader's language."""
    language = translation.get_language_from_request(request)
    chosen = language if language in LANGUAGES else LANGUAGES[0]
    answer = HttpResponseRedirect(f"/help/{chosen}/")
    answer["Vary"] = "Accept-Language, Cookie"
    return answer


@require_safe
def index(request: HttpRequest, language: str) -> HttpResponse:
    articles = shown_articles(language).values()
    return _page(request, language, "index", path="", articles=articles)


@require_safe
def article(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    found = shown_articles(language).get(slug)
    if found is None:
        raise Http404
    others = [one for one in shown_articles(language).values() if one.slug != slug]
    return _page(request, language, "article", path=slug, article=found, others=others)


@require_safe
def of_failure(request: HttpRequest, language: str, code: str) -> HttpResponse:
    """Whoever knows a failure code alone is led to its article."""
    found = article_of_failure(code)
    if found is None:
        raise Http404
    return _kept(HttpResponseRedirect(f"/help/{language}/{found.slug}"))


def _page(
    request: HttpRequest, language: str, template: str, *, path: str, **more: Any
) -> HttpResponse:
    with translation.override(language):
        answer = render(
            request, f"help/{template}.html", {"language": language, "path": path, **more}
        )
    answer["Content-Security-Policy"] = POLICY
    answer["Content-Language"] = language
    return _kept(answer)


def _kept(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = f"public, max-age={CACHED_S}"
    return answer
