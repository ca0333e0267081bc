from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils.translation import gettext as _

from apps.approvals.rules.compared_lines import compared_lines
from apps.merchants.models import Merchant


def describe_bounds(payload: Mapping[str, Any]) -> list[str]:
    """What a role will show, to whom, beside what it showed when it was asked for."""
    role = Group.objects.filter(pk=payload["role_id"]).first()
    people = User.objects.filter(groups=payload["role_id"]).order_by("username")
    return [
        _("Role: %(role)s") % {"role": role or "?"},
        _("Who has it: %(people)s")
        % {"people": ", ".join(one.get_username() for one in people) or _("nobody")},
        *compared_lines(bounds_lines(payload["before"]), bounds_lines(payload["after"])),
    ]


def bounds_lines(said: Mapping[str, Any] | None) -> list[str]:
    if said is None:
        return [_("It bounds nothing.")]
    merchants = Merchant.objects.filter(pk__in=said["merchants"]).order_by("name", "pk")
    named = [f"{merchant}, {merchant.public_id}" for merchant in merchants]
    return [
        _("Countries: %(countries)s") % {"countries": ", ".join(said["countries"]) or _("all")},
        *([_("Merchant: %(name)s") % {"name": name} for name in named] or [_("Merchants: all")]),
    ]
