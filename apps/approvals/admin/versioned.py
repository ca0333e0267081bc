from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from apps.audit.admin import SuperuserAdmin
from apps.core.admin import read_uuid


class VersionedByTwo(SuperuserAdmin):
    """Rows with `versions`, one of which is typed, tried and asked for on `version_page`. Nothing
    is saved before a second person has approved what the first was shown."""

    actions_detail = ["new_version"]
    # Which versions count, where some never held.
    standing = Q()

    def version_page(self, request: HttpRequest, owner: Any) -> HttpResponse:
        raise NotImplementedError

    def has_new_version_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        versions = self.model._meta.get_field("versions").related_model._meta
        return request.user.has_perm(f"{versions.app_label}.add_{versions.model_name}")

    @action(
        description=_("New version"),
        url_path="new-version",
        permissions=["new_version"],
        icon="edit_document",
    )
    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_new_version_permission(request):
            raise PermissionDenied
        owner = get_object_or_404(self.get_queryset(request), pk=read_uuid(object_id))
        return self.version_page(request, owner)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        relation: Any = self.model._meta.get_field("versions")
        its_own = relation.related_model._default_manager.filter(
            self.standing, **{relation.field.name: OuterRef("pk")}
        )
        latest = its_own.order_by("-number").values("number")[:1]
        rows: QuerySet[Any] = super().get_queryset(request)
        found: QuerySet[Any] = rows.annotate(latest_number=Subquery(latest))
        return found

    @display(description=_("id"))
    def public_id(self, owner: Any) -> str:
        return str(owner.public_id)

    @display(description=_("version"))
    def version_shown(self, owner: Any) -> str:
        return str(owner.latest_number or "–")
