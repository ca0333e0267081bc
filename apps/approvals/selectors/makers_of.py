from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User

from apps.approvals.rules.makers import ROLE, USER


def makers_of(named: Iterable[str]) -> frozenset[str]:
    """Those who made an act, "user:<id>" or "key:<id>", with the roles that people among them have
    now, as rules name both. One query."""
    makers = frozenset(named) - {""}
    people = [int(one.removeprefix(USER)) for one in makers if one.startswith(USER)]
    roles = User.groups.through.objects.filter(user_id__in=people) if people else ()
    return makers | {f"{ROLE}{one.group_id}" for one in roles}
