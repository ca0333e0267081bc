from __future__ import annotations

from django.urls import path, re_path

from apps.support_tickets.pages import articles

LANGUAGE = r"(?P<language>en|fr)"

urlpatterns = [
    path("", articles.front, name="help"),
    re_path(rf"^{LANGUAGE}/$", articles.index, name="help-index"),
    re_path(
        rf"^{LANGUAGE}/failures/(?P<code>[a-z_]+)$", articles.of_failure, name="help-of-failure"
    ),
    re_path(rf"^{LANGUAGE}/(?P<slug>[a-z-]+)$", articles.article, name="help-article"),
]
