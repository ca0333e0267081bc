from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.documentation.state_diagrams import FOLDER, write_diagrams


class Command(BaseCommand):
    help = "Draw docs/diagrams from the tables of allowed moves."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        FOLDER.mkdir(exist_ok=True)
        for name, text in write_diagrams().items():
            (FOLDER / name).write_text(text, encoding="utf-8")
            self.stdout.write(name)
