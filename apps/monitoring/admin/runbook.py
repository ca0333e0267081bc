"""What to do about each alert: the operators' guide, for whoever an alert has sent here."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.views.generic import TemplateView
from markdown_it import MarkdownIt
from markdown_it.token import Token
from unfold.views import UnfoldModelAdminViewMixin


class Runbook(UnfoldModelAdminViewMixin, TemplateView):
    title = gettext_lazy("What to do")
    permission_required = ("monitoring.view_alertrule",)
    template_name = "admin/monitoring/runbook.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["runbook"] = read_runbook("fr" if get_language() == "fr" else "en")
        return context


def _without_files(tokens: list[Token]) -> list[Token]:
    """The text of links to other files of the repository, which are not served here."""
    kept, is_file = [], False
    for token in tokens:
        if token.type == "link_open":
            is_file = not str(token.attrGet("href")).startswith(("#", "https://"))
        if is_file and token.type in {"link_open", "link_close"}:
            continue
        kept.append(token)
    return kept


@cache
def read_runbook(language: str) -> SafeString:
    """The guide as HTML; each rule's heading is the anchor of its code."""
    suffix = ".fr" if language == "fr" else ""
    path = settings.BASE_DIR / "docs" / "guides" / f"monitoring{suffix}.md"
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(path.read_text())
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", inline.content)
        if inline.children:
            inline.children = _without_files(inline.children)
    html: str = parser.renderer.render(tokens, parser.options, {})
    return mark_safe(html)  # noqa: S308 (our own guide)
