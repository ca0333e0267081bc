from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from apps.core import database_clock
from apps.core.public_ids import InvalidPublicId, decode_id
from apps.reconciliation.management.tell_statement import tell_statement
from apps.reconciliation.models import Statement
from apps.reconciliation.selectors.summarize_statement import summarize_statement
from apps.statement_sources.models import FileStatus, ReceivedFile, StatementSource
from apps.statement_sources.services.poll_now import poll_now
from apps.statement_sources.services.poll_source import poll_source
from apps.statement_sources.services.read_file import read_file

WORKER_S_MAX = 60


class Command(BaseCommand):
    help = "Look at an account's sources now, read what came, and print what does not agree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", required=True, help="provider account, pa_…")

    # One language for a line that programs read too.
    @no_translations
    def handle(self, *args: Any, account: str, **options: Any) -> None:
        try:
            account_id = decode_id("pa", account)
        except InvalidPublicId as error:
            raise CommandError(f"no provider account {account}") from error
        sources = StatementSource.objects.filter(provider_account_id=account_id, is_enabled=True)
        if not sources:
            raise CommandError(f"{account} has no source that is on")
        for source in sources.order_by("name"):
            self._fetch(source)

    def _fetch(self, source: StatementSource) -> None:
        begun = database_clock.now()
        source = poll_now(source_id=source.pk, actor="system", now=begun, claims=True)
        assert source.due_at is not None  # noqa: S101 (for the type checker: it was just set)
        if poll_source(source_id=source.pk, leased_until=source.due_at) is None:
            source.refresh_from_db()
            why = source.failure or "somebody else looks at it"
            raise CommandError(f"{source.public_id} {source.name}: {why}")
        fetched = ReceivedFile.objects.filter(source=source, fetched_at__gte=begun).order_by("name")
        for file in fetched:
            self._read(file)
        if not fetched:
            self.stdout.write(f"{source.public_id} nothing new")

    def _read(self, file: ReceivedFile) -> None:
        if file.due_at is not None:
            read_file(file_id=file.pk, leased_until=file.due_at, now=database_clock.now())
        give_up_at = time.monotonic() + WORKER_S_MAX
        while self._is_being_read(file) and time.monotonic() < give_up_at:
            time.sleep(0.1)
        self.stdout.write(f"{file.public_id} {file.status} {file.problem}".rstrip())
        if (statement := file.statement) is not None:
            is_matched = statement.status == Statement.Status.MATCHED
            summary = summarize_statement(statement) if is_matched else None
            for line in tell_statement(statement, summary, now=database_clock.now()):
                self.stdout.write(line)

    def _is_being_read(self, file: ReceivedFile) -> bool:
        """A worker may have been quicker."""
        file.refresh_from_db()
        return file.status == FileStatus.FETCHED and file.due_at is not None
