from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.tables.cells import FileRefused
from apps.providers.contract import ReadsStatements, StatementProblem, StatementRecord
from apps.providers.models import ProviderAccount
from apps.providers.registry import CONNECTORS, connector_for
from apps.statement_formats.models import StatementProfileVersion
from apps.statement_formats.rules.check_layout import read_layout
from apps.statement_formats.rules.items import PassedOver
from apps.statement_formats.rules.layout import Format, Layout
from apps.statement_formats.rules.read_items import read_items
from apps.statement_formats.rules.sentences import sentence

# A UUID as any file writes it: in either case, with its hyphens or without.
OURS = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE
)


class StatementsNotRead(DomainError):
    code = "statements_not_read"
    status = 422
    title = "No statement of this provider can be read yet: make a profile."
    staff_words = _("No statement of this provider can be read yet: make a profile.")


class StatementUnreadable(ValueError):
    """Nothing of the file is to be kept; `code` says why, as rules.sentences has it."""

    def __init__(self, refusal: FileRefused) -> None:
        super().__init__(sentence(refusal.code, refusal.values_of))
        self.code = refusal.code


class ProfileReader:
    """Reads statements by a version of a profile."""

    def __init__(
        self, account: ProviderAccount, layout: Layout, version: StatementProfileVersion
    ) -> None:
        self._account, self._layout = account, layout
        self.version = version

    def read_statement(self, file: BinaryIO) -> Iterator[StatementRecord | StatementProblem]:
        """Each movement, and each line that could not be read.

        Raises StatementUnreadable: the whole file is refused, also after some of its lines.
        """
        zone = ZoneInfo(self._account.timezone)
        try:
            for item in read_items(file, self._layout, zone):
                if isinstance(item, StatementRecord):
                    yield replace(
                        item, reference=own_reference(item.reference, self._account.connector)
                    )
                elif not isinstance(item, PassedOver):
                    yield item
        except FileRefused as refusal:
            raise StatementUnreadable(refusal) from None

    @staticmethod
    def statement_reference(reference: UUID) -> str:
        return str(reference)


def reader_for(account: ProviderAccount) -> ReadsStatements:
    """What reads the statements of this account: its profile, else that of its connector, else the
    connector itself.

    Raises:
        StatementsNotRead: there is none.
        CredentialsUnreadable: see connector_for.
    """
    version = active_version(account)
    if version is not None:
        layout = read_layout(version.layout)
        if layout.format != Format.CONNECTOR:
            return ProfileReader(account, layout, version)
    connector = connector_for(account)
    if not isinstance(connector, ReadsStatements):
        raise StatementsNotRead(field="account")
    return connector


def active_version(account: ProviderAccount) -> StatementProfileVersion | None:
    """The version that holds now, of the account's profile before its connector's."""
    of_account = StatementProfileVersion.objects.filter(
        profile__connector=account.connector, valid_until=None
    )
    own = of_account.filter(profile__provider_account=account)
    shared = of_account.filter(profile__provider_account=None)
    return (
        (own | shared)
        .select_related("profile")
        .order_by(F("profile__provider_account").asc(nulls_last=True))
        .first()
    )


def own_reference(text: str, connector: str) -> str:
    """Our reference in the form in which its attempt is kept, however the file writes it."""
    if not OURS.fullmatch(text):
        return text
    reads = CONNECTORS[connector][1]
    written = UUID(text)
    if issubclass(reads, ReadsStatements):
        return str(reads.statement_reference(written))
    return str(written)
