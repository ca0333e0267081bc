from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from apps.merchants.models import DelegatedObject
from apps.merchants.services.end_delegated_object import end_delegated_object
from apps.oauth.consenting import consenting_members
from apps.oauth.models import AccessToken, Application, RefreshToken


def end_dead_grants(
    *, application_id: UUID | None = None, grant_id: UUID | None = None, now: datetime
) -> int:
    """End what applications made with consents that live no more; returns how much.

    A consent lives while one of its tokens does and who gave it may still give it. Without a
    consent, what an application made lives as long as the application.

    Args:
        application_id, grant_id: look at what was made by or with these only.
    """
    living = DelegatedObject.objects.filter(ended_at=None)
    if application_id is not None:
        living = living.filter(application_id=application_id)
    if grant_id is not None:
        living = living.filter(grant_id=grant_id)
    found = list(living.order_by("object_id"))
    applications = Application.objects.select_related("merchant").in_bulk(
        {one.application_id for one in found}
    )
    alive = _living_families({one.grant_id for one in found}, now=now)
    ended = 0
    for one in found:
        application = applications.get(one.application_id)
        if (
            application is None
            or not application.is_usable(None)
            or not set(one.scopes) <= set(application.scopes)
            or (one.grant_id != application.pk and one.grant_id not in alive)
        ):
            ended += end_delegated_object(object_id=one.object_id, now=now)
    return ended


def _living_families(families: set[UUID], *, now: datetime) -> set[UUID]:
    refresh = RefreshToken.objects.filter(
        token_family__in=families, revoked=None, expires_at__gt=now
    )
    access = AccessToken.objects.filter(token_family__in=families, revoked_at=None, expires__gt=now)
    return {*_consented(refresh), *_consented(access)}


def _consented(tokens: QuerySet[RefreshToken] | QuerySet[AccessToken]) -> Iterable[UUID]:
    members = consenting_members().filter(user=OuterRef("user"), merchant=OuterRef("merchant"))
    found: Iterable[UUID] = tokens.filter(Exists(members)).values_list("token_family", flat=True)
    return found
