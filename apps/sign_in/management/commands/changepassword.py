from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.models import User
from django.utils import timezone

from apps.audit.services.record import record


class Command(changepassword.Command):
    """Django's own, on record."""

    def handle(self, *args: Any, **options: Any) -> Any:
        said = super().handle(*args, **options)
        user = User.objects.using(options["database"]).get(username=options["username"])
        record(
            actor="system",
            action="user.change_password",
            target=f"user:{user.pk}",
            now=timezone.now(),
        )
        return said
