from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.audit.chain import Anchor
from apps.audit.selectors.read_head import read_head
from apps.audit.selectors.unsealed_since import unsealed_since
from apps.audit.services.verify_chain import verify_chain
from apps.core import database_clock


class Command(BaseCommand):
    help = "Verify the audit chain and print its head, POSITION:HASH, to be kept elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            type=_anchor,
            metavar="POSITION:HASH",
            help="a head printed earlier; may be given several times",
        )

    def handle(self, *args: Any, anchor: list[Anchor], **options: Any) -> None:
        broken = verify_chain(anchors=anchor)
        if broken is not None:
            entry = "" if broken.entry_id is None else f" (entry {broken.entry_id})"
            raise CommandError(f"broken at position {broken.position}{entry}: {broken.reason}")
        since = unsealed_since(now=database_clock.now())
        if since is not None:
            raise CommandError(
                f"not sealed since {since:%Y-%m-%d %H:%M:%S} UTC: is the beat running?"
            )
        head = read_head()
        if head is None:
            self.stdout.write("whole; nothing is chained yet")
        else:
            self.stdout.write(f"whole up to {head.position}:{head.chain_hash.hex()}")


def _anchor(text: str) -> Anchor:
    position, _, digest = text.partition(":")
    try:
        return Anchor(int(position), bytes.fromhex(digest))
    except ValueError:
        raise ArgumentTypeError("an anchor is POSITION:HASH, the hash in hexadecimal") from None
