from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.audit.anchors import read
from apps.audit.chain import RESUMES_AFTER, RESUMES_AT, Anchor
from apps.audit.selectors.read_head import read_head
from apps.audit.selectors.read_restores import read_restores
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

        parser.add_argument(
            "--anchor-file",
            action="append",
            default=[],
            metavar="FILE",
            help="a file of AUDIT_ANCHORS, a log or mails: every head in it; also several times",
        )

    def handle(
        self, *args: Any, anchor: list[Anchor], anchor_file: list[str], **options: Any
    ) -> None:
        anchors = [*anchor, *(found for path in anchor_file for found in _anchors_in(path))]
        broken = verify_chain(anchors=anchors)
        if broken is not None:
            entry = "" if broken.entry_id is None else f" (entry {broken.entry_id})"
            raise CommandError(f"broken at position {broken.position}{entry}: {broken.reason}")
        since = unsealed_since(now=database_clock.now())
        if since is not None:
            raise CommandError(
                f"not sealed since {since:%Y-%m-%d %H:%M:%S} UTC: is the beat running?"
            )
        for restored in read_restores():
            left_out = int(restored.detail[RESUMES_AFTER]) + 1, int(restored.detail[RESUMES_AT]) - 1
            self.stdout.write(
                f"restored {restored.created_at:%Y-%m-%d %H:%M:%S} UTC: positions {left_out[0]} to"
                f" {left_out[1]} are left out (entry {restored.pk})"
            )
        head = read_head()
        if head is None:
            self.stdout.write("whole; nothing is chained yet")
        else:
            self.stdout.write(f"whole up to {head.position}:{head.chain_hash.hex()}")


def _anchors_in(path: str) -> list[Anchor]:
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            anchors = list(read(file))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    if not anchors:
        raise CommandError(f"{path}: there is no anchor in it")
    return anchors


def _anchor(text: str) -> Anchor:
    position, _, digest = text.partition(":")
    try:
        return Anchor(int(position), bytes.fromhex(digest))
    except ValueError:
        raise ArgumentTypeError("an anchor is POSITION:HASH, the hash in hexadecimal") from None
