from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from apps.core import database_clock
from apps.core.errors import DomainError
from apps.core.public_ids import InvalidPublicId, decode_id
from apps.providers.contract import CredentialsUnreadable
from apps.providers.models import ProviderAccount
from apps.reconciliation.management.tell_statement import tell_statement
from apps.reconciliation.services.import_statement import import_statement
from apps.statement_formats.selectors.reader_for import reader_for


class Command(BaseCommand):
    help = "Import a provider's report, match it, and print what does not agree."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--account", required=True, help="provider account, pa_…")
        parser.add_argument(
            "--day", required=True, type=date.fromisoformat, help="YYYY-MM-DD, the provider's day"
        )
        parser.add_argument(
            "--days", type=int, default=1, help="how many days the report covers; --day is the last"
        )

    # One language for a line that programs read too.
    @no_translations
    def handle(self, *, file: Path, account: str, day: date, days: int, **_options: Any) -> None:
        provider_account = _account(account)
        try:
            reader = reader_for(provider_account)
            with file.open("rb") as opened:
                statement, summary = import_statement(
                    provider_account=provider_account,
                    day=day,
                    days=days,
                    file=opened,
                    file_name=file.name,
                    reader=reader,
                    now=database_clock.now(),
                )
        except CredentialsUnreadable as error:
            raise CommandError(f"{account}: {error}") from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        for line in tell_statement(statement, summary, now=database_clock.now()):
            self.stdout.write(line)


def _account(public_id: str) -> ProviderAccount:
    try:
        return ProviderAccount.objects.get(pk=decode_id("pa", public_id))
    except (InvalidPublicId, ProviderAccount.DoesNotExist):
        raise CommandError(f"no provider account {public_id}") from None
