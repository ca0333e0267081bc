from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

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
        parser.add_argument("--control-host", default="127.0.0.1")
        parser.add_argument(
            "--control-port",
            type=int,
            default=8091,
            help="for SIMULATOR_CONTROL_TOKEN; without that there is no control door",
        )
        parser.add_argument(
            "--sftp-port",
            type=int,
            default=8092,
            help="where reports are fetched, for SIMULATOR_SFTP_KEY; without that nowhere",
        )
        parser.add_argument(
            "--in-production",
            action="store_true",
            help="serve under production settings, too: anybody who reaches them can 'pay'",
        )

    def handle(
        self,
        *,
        host: str,
        port: int,
        data_dir: Path,
        report_dir: Path | None,
        control_host: str,
        control_port: int,
        sftp_port: int,
        in_production: bool,
        **_options: object,
    ) -> None:
        if not settings.DEMO_ALLOWED and not in_production:
            raise CommandError("These settings are for real money. If you mean it: --in-production")
        serve(
            host=host,
            port=port,
            data_dir=data_dir,
            report_dir=report_dir or data_dir / "reports",
            control_host=control_host,
            control_port=control_port,
            control_token=settings.SIMULATOR_CONTROL_TOKEN,
            sftp_port=sftp_port,
            sftp_key=settings.SIMULATOR_SFTP_KEY,
        )
