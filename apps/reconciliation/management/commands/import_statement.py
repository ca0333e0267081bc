from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations
from django.utils import timezone

from apps.core.errors import DomainError
from apps.core.money import EXPONENTS, Money
from apps.core.public_ids import InvalidPublicId, decode_id
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.import_statement import import_statement
from apps.reconciliation.services.match_statement import match_statement
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
                statement = import_statement(
                    provider_account=provider_account,
                    day=day,
                    days=days,
                    file=opened,
                    file_name=file.name,
                    reader=reader,
                    now=timezone.now(),
                )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        summary = match_statement(statement_id=statement.pk, now=timezone.now())
        self.stdout.write(
            f"{statement.public_id} {statement.day} lines={summary.lines} "
            f"matched={summary.matched} seen_before={summary.seen_before} "
            f"superseded={summary.superseded} broken={statement.lines_broken} "
            # What is open now: a worker may have been quicker, and opened it all.
            f"open={sum(summary.exceptions.values())} repaired={summary.repaired} "
            f"asked={summary.asked}"
        )
        for discrepancy in (
            Discrepancy.objects.filter(statement=statement, status=Discrepancy.Status.OPEN)
            .select_related("line")
            .order_by("line__line_number", "id")
            .iterator()
        ):
            self.stdout.write(_sentence(discrepancy))


def _account(public_id: str) -> ProviderAccount:
    try:
        return ProviderAccount.objects.get(pk=decode_id("pa", public_id))
    except (InvalidPublicId, ProviderAccount.DoesNotExist):
        raise CommandError(f"no provider account {public_id}") from None


def _sentence(discrepancy: Discrepancy) -> str:
    line = discrepancy.line
    words = [f"line {line.line_number}:" if line else "no line:", discrepancy.kind]
    if discrepancy.our_amount is not None:
        words.append(f"ours {_money(discrepancy.our_amount, discrepancy.currency)}")
    if discrepancy.their_amount is not None:
        words.append(f"theirs {_money(discrepancy.their_amount, discrepancy.currency)}")
    if discrepancy.detail:
        words.append(f"({discrepancy.detail})")
    if line:
        words.append(line.provider_reference or line.reference)
    else:
        words.append(str(discrepancy.attempt_id))
    return " ".join(word for word in words if word)


def _money(amount: int, currency: str) -> str:
    # A report may name a currency we do not know.
    return str(Money(amount, currency)) if currency in EXPONENTS else f"{amount} {currency}"
