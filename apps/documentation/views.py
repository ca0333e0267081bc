"""The developer's pages: no key, no session, no JavaScript needed to read."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from apps.core.json_format import dump
from apps.documentation.guides import DOCS, LANGUAGES, PROGRAMS, read_guides
from apps.documentation.reference import read_document, read_introduction, read_reference

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
CACHED_S = 300
PROGRAM_ENDINGS = {".py", ".md", ".sh", ".mjs", ".php", ".java", ".go", ".json", ".toml"}


@require_safe
def front(request: HttpRequest, page: str = "") -> HttpResponse:
    """To the reader's language."""
    language = translation.get_language_from_request(request)
    chosen = language if language in LANGUAGES else LANGUAGES[0]
    answer = HttpResponseRedirect(f"/docs/{chosen}/{page}")
    answer["Vary"] = "Accept-Language, Cookie"
    return answer


@require_safe
def index(request: HttpRequest, language: str) -> HttpResponse:
    return _page(request, language, "index", path="")


@require_safe
def guide(request: HttpRequest, language: str, name: str) -> HttpResponse:
    found = read_guides(language).get(name)
    if found is None:
        raise Http404
    return _page(request, language, "guide", path=f"guides/{name}", guide=found)


@require_safe
def reference(request: HttpRequest, language: str) -> HttpResponse:
    return _page(
        request,
        language,
        "reference",
        path="reference",
        groups=read_reference(language),
        introduction=read_introduction(language),
    )


@require_safe
def diagram(request: HttpRequest, name: str) -> HttpResponse:
    path = DOCS / "diagrams" / name
    if path.parent != DOCS / "diagrams" or path.suffix != ".svg" or not _is_file(path):
        raise Http404
    return _kept(HttpResponse(path.read_bytes(), content_type="image/svg+xml"))


@require_safe
def source(request: HttpRequest, place: str) -> HttpResponse:
    """A program that the guides lead to, as text."""
    if "\x00" in place:
        raise Http404
    path = (settings.BASE_DIR / place).resolve()
    is_shown = path.suffix in PROGRAM_ENDINGS and any(
        path.is_relative_to(settings.BASE_DIR / folder) for folder in PROGRAMS
    )
    if not is_shown or not _is_file(path):
        raise Http404
    answer = _kept(HttpResponse(path.read_bytes(), content_type="text/plain; charset=utf-8"))
    answer["Content-Security-Policy"] = "default-src 'none'"
    return answer


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    body = dump(read_document())
    answer = _kept(HttpResponse(body, content_type="application/json"))
    answer["ETag"] = f'"{sha256(body).hexdigest()[:32]}"'
    # Viewers and generators on other sites may read it: it holds nothing private.
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        # Too long, or with a NUL: no file is called so.
        return False


def _page(
    request: HttpRequest, language: str, template: str, *, path: str, **more: Any
) -> HttpResponse:
    if language not in LANGUAGES:
        raise Http404
    guides = read_guides(language)
    with translation.override(language):
        answer = render(
            request,
            f"documentation/{template}.html",
            {
                "language": language,
                "path": path,
                "guides": guides.values(),
                "api_url": settings.PUBLIC_URL,
                **more,
            },
        )
    answer["Content-Security-Policy"] = POLICY
    answer["Content-Language"] = language
    return _kept(answer)


def _kept(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = f"public, max-age={CACHED_S}"
    return answer
