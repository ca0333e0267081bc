from __future__ import annotations

from django.urls import path, re_path

from apps.documentation import views

LANGUAGE = r"(?P<language>en|fr)"

urlpatterns = [
    path("docs/", views.front, name="docs"),
    path("docs", views.front),
    path("docs/reference", views.front, {"page": "reference"}),
    # Where each refusal leads, with its code behind #.
    path("docs/errors", views.front, {"page": "guides/errors"}),
    path("docs/diagrams/<str:name>", views.diagram),
    path("docs/source/<path:place>", views.source),
    re_path(rf"^docs/{LANGUAGE}/$", views.index, name="docs-index"),
    re_path(rf"^docs/{LANGUAGE}/reference$", views.reference, name="docs-reference"),
    re_path(rf"^docs/{LANGUAGE}/guides/(?P<name>[a-z-]+)$", views.guide, name="docs-guide"),
    path("api/v1/openapi.json", views.openapi, name="openapi"),
]
