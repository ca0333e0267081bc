from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from apps.core.public_ids import InvalidPublicId, decode_id
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.services.recount_batch import recount_batch


class Command(BaseCommand):
    help = "Count the lines of batches of payouts anew, and sum them: all batches, or those named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("batches", nargs="*", metavar="pob_…")

    def handle(self, *, batches: list[str], **_options: Any) -> None:
        found = PayoutBatch.objects.order_by("id")
        if batches:
            found = found.filter(pk__in=[_read(text) for text in batches])
        count = 0
        for batch_id in found.values_list("pk", flat=True).iterator():
            recount_batch(batch_id)
            count += 1
        self.stdout.write(f"{count} batches counted")


def _read(text: str) -> UUID:
    try:
        return decode_id("pob", text)
    except InvalidPublicId:
        raise CommandError(f"{text} is no batch's id.") from None
