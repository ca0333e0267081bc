"""Who may let a program act for a merchant."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.merchants.models import Member

ROLES = (Member.Role.OWNER, Member.Role.DEVELOPER)


def consenting_members() -> QuerySet[Member]:
    """Those who may let a program act for their merchant."""
    return Member.objects.filter(role__in=ROLES, merchant__is_active=True, user__is_active=True)
