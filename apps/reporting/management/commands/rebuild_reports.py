from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.reporting.services.rebuild_reports import rebuild_reports


class Command(BaseCommand):
    help = "Count the figures of reports again from the payments, refunds and payouts themselves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="first", type=_instant, help="ISO 8601; UTC without a zone"
        )
        parser.add_argument("--to", dest="end", type=_instant, help="the first that is left alone")

    def handle(self, *, first: datetime | None, end: datetime | None, **_options: Any) -> None:
        hours = 0
        for _hour in rebuild_reports(first=first, end=end, now=timezone.now()):
            hours += 1
        self.stdout.write(f"{hours} hours counted")


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
