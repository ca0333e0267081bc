from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.core import database_clock
from apps.ledger.services.retake_snapshots import retake_snapshots


class Command(BaseCommand):
    help = (
        "Take back every balance snapshot and sum the ledger anew: after a restore, or a wrong one."
    )

    def handle(self, **_options: Any) -> None:
        taken = retake_snapshots(actor="system", now=database_clock.now())
        self.stdout.write(f"{taken} balance snapshots taken anew")
