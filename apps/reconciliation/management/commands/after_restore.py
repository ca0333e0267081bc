from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.core import database_clock
from apps.core.errors import DomainError
from apps.reconciliation.services.after_restore import after_restore


class Command(BaseCommand):
    help = "After a restore, before anything works again: nothing is sent twice, money out waits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", required=True, help="who restored it")
        parser.add_argument("--reason", required=True, help="what was lost, and what was restored")

    def handle(self, *, by: str, reason: str, **_options: Any) -> None:
        try:
            done = after_restore(
                actor=f"operator:{by}"[:80],
                reason=reason[:300],
                places=settings.AUDIT_ANCHORS,
                now=database_clock.now(),
            )
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(
            f"money out is held\n"
            f"{done.asked} orders under way are asked about now\n"
            f"{done.numbers} numberings go on past what may have been given\n"
            f"{done.snapshots} balance snapshots taken anew\n"
            f"{done.sessions} sessions ended"
        )
        if done.head is not None:
            self.stdout.write(
                f"audit chain: {done.head.position}:{done.head.chain_hash.hex()}, keep it elsewhere"
            )
