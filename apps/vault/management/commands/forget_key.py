from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.backends.signals import connection_created
from django.utils import timezone

from apps.core.errors import DomainError
from apps.vault.services.forget_key import forget_key


class Command(BaseCommand):
    help = "Let processes start without a key that nothing is encrypted under any more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key_id")

    def handle(self, *args: Any, key_id: str, **options: Any) -> None:
        # The key is missing here: that is what this command is for.
        connection_created.disconnect(dispatch_uid="vault.prove_keys")
        try:
            found = forget_key(key_id=key_id, now=timezone.now())
        except DomainError as error:
            raise CommandError(str(error.detail)) from error
        if not found:
            raise CommandError(f"no key {key_id} is known here")
        self.stdout.write(f"{key_id} is not asked for any more")
