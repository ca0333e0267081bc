from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from apps.audit.services.record import record
from apps.core.postgresql.privileges import grant_privileges


class Command(BaseCommand):
    help = "Grant the role of DATABASE_URL what it needs; `migrate` does so too. As the owner."

    def handle(self, **_options: Any) -> None:
        role = settings.DATABASE_RUNTIME_ROLE
        if not role:
            raise CommandError(
                "Set DATABASE_OWNER_URL; DATABASE_URL names the role that is granted to."
            )
        with transaction.atomic():
            grant_privileges(role=role)
            record(
                actor="system",
                action="database.grant_privileges",
                target=role,
                now=timezone.now(),
            )
        self.stdout.write(f"granted to {role}")
