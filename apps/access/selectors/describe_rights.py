from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission, User
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.access.rules.staff_rights import StaffRights
from apps.approvals.rules.compared_lines import compared_lines
from apps.merchants.models import Member, Merchant

# What a right is called, by the beginning of its code.
VERBS = {
    "add": lambda: _("add"),
    "change": lambda: _("change"),
    "delete": lambda: _("delete"),
    "view": lambda: _("view"),
    "reveal": lambda: _("see in clear"),
    "decide": lambda: _("approve and reject"),
}


def describe_rights(payload: Mapping[str, Any]) -> list[str]:
    """Who will have which rights, beside those that she had when it was asked for."""
    before, after = (StaffRights.from_json(payload[name]) for name in ("before", "after"))
    return [
        *person_lines(User.objects.get(pk=payload["user_id"])),
        *compared_lines(
            [*rights_lines(before), *_allowed(before)], [*rights_lines(after), *_allowed(after)]
        ),
    ]


def describe_person(payload: Mapping[str, Any]) -> list[str]:
    """Whose second factors or password are reset."""
    return person_lines(User.objects.get(pk=payload["user_id"]))


def describe_role(payload: Mapping[str, Any]) -> list[str]:
    """What a role will allow, to whom, beside what it allowed when it was asked for."""
    role = Group.objects.filter(pk=payload["role_id"]).first()
    people = User.objects.filter(groups=payload["role_id"]).order_by("username")
    return [
        _("Role: %(role)s") % {"role": role or "?"},
        _("Who has it: %(people)s")
        % {"people": ", ".join(one.get_username() for one in people) or _("nobody")},
        *compared_lines(
            permission_lines(payload["before"]) or [_("nothing")],
            permission_lines(payload["after"]),
        ),
    ]


def describe_membership(payload: Mapping[str, Any]) -> list[str]:
    """Who may act for which merchant, and as what."""
    merchant = Merchant.objects.get(pk=UUID(payload["merchant_id"]))
    before = payload["role_before"]
    return [
        _("Merchant: %(name)s, %(id)s") % {"name": merchant, "id": merchant.public_id},
        *person_lines(User.objects.get(pk=payload["user_id"])),
        *compared_lines(
            [str(Member.Role(before).label)] if before else [],
            [str(Member.Role(payload["role"]).label)],
        ),
    ]


def person_lines(user: User) -> list[str]:
    """Who it is, since when there is the account, whatever it is called now, and since when she
    alone can sign in as herself."""
    factors = Authenticator.objects.filter(user=user).exclude(
        type=Authenticator.Type.RECOVERY_CODES
    )
    first = factors.order_by("created_at").first()
    since = (
        _("Second factor: since %(day)s") % {"day": _day(first.created_at)}
        if first
        else _("Second factor: none yet")
    )
    name = user.get_full_name()
    return [
        _("Person: %(person)s")
        % {"person": f"{user.get_username()} ({name})" if name else user.get_username()},
        _("Account: since %(day)s") % {"day": _day(user.date_joined)},
        since,
    ]


def _day(moment: datetime) -> str:
    return date_format(moment.date(), "DATE_FORMAT")


def rights_lines(rights: StaffRights) -> list[str]:
    names = dict(Group.objects.filter(pk__in=rights.roles).values_list("pk", "name"))
    told = [
        _("The account is on") if rights.is_active else _("The account is switched off"),
        *([_("Staff: comes into the admin")] if rights.is_staff else []),
        *([_("Superuser: may do everything")] if rights.is_superuser else []),
    ]
    roles = sorted(names.get(role, "?") for role in rights.roles)
    return told + [_("Role: %(role)s") % {"role": role} for role in roles]


def _allowed(rights: StaffRights) -> list[str]:
    """What her roles let her do: the name of a role is one person's to choose."""
    found = Permission.objects.filter(group__in=rights.roles).values_list("pk", flat=True)
    return permission_lines(set(found))


def permission_lines(ids: Iterable[int]) -> list[str]:
    found = Permission.objects.filter(pk__in=list(ids)).select_related("content_type")
    return sorted(right_in_words(permission) for permission in found)


def right_in_words(permission: Permission) -> str:
    """A permission in the reader's language; Django keeps its names in English."""
    model = permission.content_type.model_class()
    verb = permission.codename.partition("_")[0]
    if model is None or verb not in VERBS:
        return str(permission.name)
    return str(capfirst(f"{model._meta.verbose_name_plural} – {VERBS[verb]()}"))
