from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.vault.key_ring import current_key_ring
from apps.vault.selectors.key_usage import key_usage
from apps.vault.services.reencrypt import reencrypt


class Command(BaseCommand):
    help = "Encrypt under the first of VAULT_KEYS whatever is encrypted under the others."

    def handle(self, *args: Any, **options: Any) -> None:
        for column, count in reencrypt(now=timezone.now()):
            self.stdout.write(f"{column} {count}")
        left = [
            f"{key_id}: {column} {count}"
            for key_id, columns in sorted(key_usage().items())
            if key_id != current_key_ring().current_id
            for column, count in sorted(columns.items())
        ]
        if left:
            raise CommandError("Still encrypted under\n" + "\n".join(left))
