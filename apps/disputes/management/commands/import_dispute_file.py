from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from apps.core import database_clock
from apps.core.errors import DomainError
from apps.core.public_ids import InvalidPublicId, decode_id
from apps.disputes.models import DisputeFileLine
from apps.disputes.services.import_dispute_file import import_dispute_file
from apps.disputes.services.open_dispute_from_line import open_dispute_from_line
from apps.providers.contract import CredentialsUnreadable, ReadsDisputes
from apps.providers.models import ProviderAccount
from apps.providers.registry import connector_for


class Command(BaseCommand):
    help = "Import a provider's file of disputes, open them, and print what needs a person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--account", required=True, help="provider account, pa_…")

    # One language for a line that programs read too.
    @no_translations
    def handle(self, *, file: Path, account: str, **_options: Any) -> None:
        provider_account = _account(account)
        try:
            reader = connector_for(provider_account)
        except CredentialsUnreadable as error:
            raise CommandError(f"{account}: {error}") from error
        if not isinstance(reader, ReadsDisputes):
            raise CommandError(f"{provider_account.connector} reads no files of disputes")
        try:
            with file.open("rb") as content:
                kept, _is_new = import_dispute_file(
                    provider_account=provider_account,
                    file=content,
                    file_name=file.name,
                    reader=reader,
                    actor="system",
                    now=database_clock.now(),
                )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        lines = DisputeFileLine.objects.filter(file=kept)
        for line in lines.filter(due_at__isnull=False).order_by("line_number"):
            # A worker may be quicker.
            if line.due_at is not None:
                open_dispute_from_line(
                    line_id=line.pk, leased_until=line.due_at, now=database_clock.now()
                )
        opened, seen = (lines.filter(status=status).count() for status in ("opened", "seen_before"))
        left = lines.filter(status="needs_person").order_by("line_number")
        self.stdout.write(
            f"{kept.public_id} lines={kept.lines_read} opened={opened} "
            f"seen_before={seen} needs_person={len(left)}"
        )
        for line in left:
            words = (f"line {line.line_number}:", line.problem, line.problem_detail, line.case)
            self.stdout.write(" ".join(word for word in words if word))


def _account(public_id: str) -> ProviderAccount:
    try:
        return ProviderAccount.objects.get(pk=decode_id("pa", public_id))
    except (InvalidPublicId, ProviderAccount.DoesNotExist):
        raise CommandError(f"no provider account {public_id}") from None
