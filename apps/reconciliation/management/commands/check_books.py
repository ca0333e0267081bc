from __future__ import annotations

import time
from argparse import ArgumentParser
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.core import database_clock
from apps.reconciliation.selectors.find_violations import Book, UnreadableBook, find_violations

BOOK_TIMEOUT_S = 60


class Command(BaseCommand):
    help = "Prove the invariants of the books; exits 1 when one is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", type=_instant, help="check only what was written from then on (ISO 8601)"
        )
        parser.add_argument(
            "--book",
            action="append",
            default=[],
            metavar="FILE|URL",
            help="compare with a simulator's books, …/control/books/<provider> or <provider>.json",
        )

    def handle(self, *, since: datetime | None, book: list[str], **_options: Any) -> None:
        begun = time.monotonic()
        with ExitStack() as stack:
            try:
                books = [_open(address, stack) for address in book]
                findings = find_violations(now=database_clock.now(), since=since, books=books)
            except (OSError, UnreadableBook) as error:
                raise CommandError(f"no books to compare with: {error}") from error
        for finding in findings:
            words = [finding.invariant.id, finding.invariant.name, str(finding.violations)]
            self.stdout.write(" ".join([*words, *finding.examples]))
        violations = sum(finding.violations for finding in findings)
        elapsed_s = time.monotonic() - begun
        self.stdout.write(f"{len(findings)} invariants, {violations} violations, {elapsed_s:.2f} s")
        if violations:
            raise CommandError(f"{violations} violations")


def _open(address: str, stack: ExitStack) -> Book:
    parts = urlsplit(address)
    if parts.scheme in {"http", "https"}:
        headers = {"Authorization": f"Bearer {settings.SIMULATOR_CONTROL_TOKEN}"}
        request = Request(address, headers=headers)  # noqa: S310
        lines = stack.enter_context(urlopen(request, timeout=BOOK_TIMEOUT_S))  # noqa: S310
    else:
        lines = stack.enter_context(Path(address).open("rb"))  # noqa: SIM115
    return Book(provider=PurePosixPath(parts.path).stem, lines=lines)


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
