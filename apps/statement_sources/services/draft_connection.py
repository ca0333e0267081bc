from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.public_ids import new_id_at
from apps.statement_sources.models import AfterFetch, SourceConnection, StatementSource, Way
from apps.statement_sources.rules.contexts import CREDENTIALS_CONTEXT
from apps.statement_sources.rules.refusals import ConnectionInvalid
from apps.statement_sources.rules.ssh_keys import as_lines, read_keys
from apps.statement_sources.selectors.connection_in_force import connection_in_force
from apps.statement_sources.services.draft_pgp import PgpOrder, draft_pgp
from apps.statement_sources.transports.sftp_credentials import new_key, unseal
from apps.vault.encryption import encrypt

HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?")
USERNAME = re.compile(r"[^\s/:\x00-\x1f]{1,64}")


@dataclass(frozen=True, slots=True)
class ConnectionOrder:
    """`host_keys`, `partner_keys`: OpenSSH lines. With a `password` it is used; else our key, which
    is made at the first time and kept from then on, unless `wants_new_key`. `pgp`: how files have
    to be signed and encrypted."""

    host: str = ""
    port: int = 22
    username: str = ""
    host_keys: str = ""
    folder: str = ""
    archive_folder: str = ""
    password: str = field(default="", repr=False)
    wants_new_key: bool = False
    partner_keys: str = ""
    pgp: PgpOrder = field(default_factory=PgpOrder)


def draft_connection(
    *, source: StatementSource, order: ConnectionOrder, created_by: str, now: datetime
) -> SourceConnection:
    """A connection that holds nothing yet: another person has to approve it.

    Raises ConnectionInvalid, with the field.
    """
    draft = SourceConnection(
        id=new_id_at(now), source=source, created_by=created_by, created_at=now
    )
    if source.way == Way.DROP_IN:
        keys = read_keys(order.partner_keys, field="partner_keys")
        draft.partner_keys = as_lines(keys)
    else:
        _describe_server(draft, source, order)
        credentials, draft.our_public_key = _credentials(source, order)
        draft.credentials_encrypted = encrypt(
            json.dumps(credentials), context=CREDENTIALS_CONTEXT, row_id=draft.pk
        )
    draft_pgp(draft, order.pgp, before=connection_in_force(source.pk), now=now)
    draft.save(force_insert=True)
    return draft


def _describe_server(
    draft: SourceConnection, source: StatementSource, order: ConnectionOrder
) -> None:
    if not HOST.fullmatch(order.host):
        raise ConnectionInvalid(_("This is no host."), field="host")
    if not 1 <= order.port <= 65535:
        raise ConnectionInvalid(_("This is no port."), field="port")
    if not USERNAME.fullmatch(order.username):
        raise ConnectionInvalid(_("This is no user."), field="username")
    for name in ("folder", "archive_folder"):
        value = getattr(order, name)
        if "\x00" in value or len(value) > 255 or "\n" in value:
            raise ConnectionInvalid(_("This is no folder."), field=name)
    if source.after_fetch == AfterFetch.ARCHIVE and order.archive_folder in ("", order.folder):
        raise ConnectionInvalid(
            _("Fetched files are to be moved: where to?"), field="archive_folder"
        )
    draft.host, draft.port, draft.username = order.host, order.port, order.username
    draft.host_keys = as_lines(read_keys(order.host_keys, field="host_keys"))
    draft.folder, draft.archive_folder = order.folder, order.archive_folder


def _credentials(source: StatementSource, order: ConnectionOrder) -> tuple[dict[str, str], str]:
    """What we prove ourselves with, and the public half of it for the provider."""
    if order.password:
        return {"password": order.password}, ""
    before = connection_in_force(source.pk)
    if before is not None and before.our_public_key and not order.wants_new_key:
        return unseal(before, context=CREDENTIALS_CONTEXT), before.our_public_key
    return new_key(source.login)
