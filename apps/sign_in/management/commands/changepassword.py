from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.models import User
from django.utils import timezone

from apps.audit.services.record import record
from apps.sign_in.people_who_approve import refuse_where_two_can


class Command(changepassword.Command):
    """Django's own, on record, as long as there are no two others who agree on it in the admin."""

    def handle(self, *args: Any, **options: Any) -> Any:
        # Left out, Django's own takes the name at the server: it is asked here too.
        options["username"] = options["username"] or getpass.getuser()
        asked = User.objects.using(options["database"]).filter(username=options["username"]).first()
        if asked is not None and asked.has_usable_password():
            refuse_where_two_can(beside=asked.pk)
        said = super().handle(*args, **options)
        user = User.objects.using(options["database"]).get(username=options["username"])
        record(
            actor="system",
            action="user.change_password",
            target=f"user:{user.pk}",
            now=timezone.now(),
        )
        return said
