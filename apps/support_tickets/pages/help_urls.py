from __future__ import annotations

from django.urls import path, re_path

from apps.support_tickets.pages import help

LANGUAGE = r"(?P<language>en|fr)"

urlpatterns = [
    path("", help.front, name="help"),
    re_path(rf"^{LANGUAGE}/$", help.index, name="help-index"),
    re_path(rf"^{LANGUAGE}/failures/(?P<code>[a-z_]+)$", help.of_failure, name="help-of-failure"),
    re_path(rf"^{LANGUAGE}/(?P<slug>[a-z-]+)$", help.article, name="help-article"),
]
