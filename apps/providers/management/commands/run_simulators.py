from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from apps.providers.simulation.server import serve


class Command(BaseCommand):
    help = "Serve every provider's simulator: test mode's other side."

    # They have their own store and must run without ours.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8090)
        parser.add_argument("--data-dir", type=Path, default=settings.BASE_DIR / "var/simulators")
        parser.add_argument("--report-dir", type=Path, default=None)

    def handle(
        self, *, host: str, port: int, data_dir: Path, report_dir: Path | None, **_options: object
    ) -> None:
        serve(
            host=host,
            port=port,
            data_dir=data_dir,
            report_dir=report_dir or data_dir / "reports",
        )
