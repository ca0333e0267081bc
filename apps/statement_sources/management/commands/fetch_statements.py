from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core import database_clock
from apps.core.public_ids import InvalidPublicId, decode_id
from apps.statement_sources.models import ReceivedFile, StatementSource
from apps.statement_sources.rules.problems import file_problem, folder_trouble
from apps.statement_sources.services.poll_now import poll_now
from apps.statement_sources.services.poll_source import poll_source
from apps.statement_sources.services.read_file import read_file


class Command(BaseCommand):
    help = "Look at an account's sources now, read what came, and print it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", required=True, help="provider account, pa_…")

    def handle(self, *args: Any, account: str, **options: Any) -> None:
        try:
            account_id = decode_id("pa", account)
        except InvalidPublicId as error:
            raise CommandError(f"{account} is not a provider account.") from error
        sources = StatementSource.objects.filter(provider_account_id=account_id, is_enabled=True)
        if not sources:
            raise CommandError(f"{account} has no source that is on.")
        for source in sources.order_by("name"):
            self._fetch(source)

    def _fetch(self, source: StatementSource) -> None:
        begun = database_clock.now()
        source = poll_now(source_id=source.pk, actor="system", now=begun)
        assert source.due_at is not None  # noqa: S101 (for the type checker: it was just set)
        if poll_source(source_id=source.pk, leased_until=source.due_at) is None:
            source.refresh_from_db()
            raise CommandError(f"{source.name}: {folder_trouble(source.failure)}")
        for row in ReceivedFile.objects.filter(
            source=source, due_at__isnull=False, fetched_at__gte=begun
        ).order_by("name"):
            self._read(row)
        for row in ReceivedFile.objects.filter(source=source, fetched_at__gte=begun).order_by(
            "name"
        ):
            self._print(row)

    def _read(self, row: ReceivedFile) -> None:
        # A worker may have it: then it is read there.
        if row.due_at is not None:
            read_file(file_id=row.pk, leased_until=row.due_at, now=database_clock.now())

    def _print(self, row: ReceivedFile) -> None:
        words = [row.public_id, row.name, row.status]
        if row.statement_id and row.statement:
            words.append(f"{row.statement.public_id}, {row.statement.lines_read} lines")
        if row.problem:
            words.append(file_problem(row.problem))
        self.stdout.write(" ".join(words))
