from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core import database_clock
from apps.core.errors import DomainError
from apps.orchestration.services.release_money_out import release_money_out


class Command(BaseCommand):
    help = "Have payouts and refunds sent again, after a restore."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", required=True, help="who releases it")
        parser.add_argument("--reason", required=True, help="why it is safe")

    def handle(self, *, by: str, reason: str, **_options: Any) -> None:
        try:
            release_money_out(
                actor=f"operator:{by}"[:80] if by.strip() else "",
                reason=reason[:300],
                now=database_clock.now(),
            )
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write("money out is released")
