from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.vault.key_ids import current_key_ids
from apps.vault.selectors.key_usage import key_usage
from apps.vault.services.reencrypt import reencrypt


class Command(BaseCommand):
    help = (
        "Encrypt under the first of VAULT_KEYS what is encrypted under others, and index under the"
        " first of VAULT_SEARCH_KEYS what is found by others."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for column, count in reencrypt(now=timezone.now()):
            self.stdout.write(f"{column} {count}")
        left = [
            f"{key_id}: {column} {count}"
            for key_id, columns in sorted(key_usage().items())
            if key_id not in current_key_ids()
            for column, count in sorted(columns.items())
        ]
        if left:
            raise CommandError("Other keys are still needed:\n" + "\n".join(left))
