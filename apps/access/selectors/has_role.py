from __future__ import annotations

from django.contrib.auth.models import User


def has_role(person: str, role_id: int) -> bool:
    """Whether somebody ("user:<id>") would get more with what her role gets; a superuser has all
    already."""
    having = User.objects.filter(groups=role_id, is_superuser=False)
    return having.filter(pk=int(person.removeprefix("user:"))).exists()
