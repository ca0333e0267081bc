from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from drf_spectacular.drainage import GENERATOR_STATS

from apps.documentation.openapi_document import FILE, write_document


class Command(BaseCommand):
    help = "Write docs/openapi.json from what the API's handlers say of themselves."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        text = write_document()
        if GENERATOR_STATS:
            GENERATOR_STATS.emit_summary()
            raise CommandError("the document is not complete")
        FILE.write_text(text, encoding="utf-8")
        self.stdout.write(f"{FILE.name} {len(text)} characters")
