from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.approvals.rules.compared_lines import compared_lines
from apps.approvals.selectors.replaced_version import replaced_version
from apps.statement_sources.models import SourceConnection, Way
from apps.statement_sources.rules.ssh_keys import fingerprints
from apps.statement_sources.selectors.pgp_lines import pgp_lines


def describe_connection(payload: Mapping[str, Any]) -> list[str]:
    """What two people agree on: where, as whom, which keys; beside what held. No secret."""
    found = SourceConnection.objects.select_related("source__provider_account")
    draft = found.get(pk=UUID(payload["connection_id"]))
    before = replaced_version(draft, found.filter(source=draft.source))
    replaced = connection_lines(before) if before else []
    return [
        _("Source: %(source)s, %(account)s")
        % {"source": draft.source.name, "account": draft.source.provider_account},
        # A password is typed anew each time: it is never as until now.
        *compared_lines(
            [line for line in replaced if line != _("With a password")], connection_lines(draft)
        ),
    ]


def connection_lines(connection: SourceConnection) -> list[str]:
    if connection.source.way == Way.DROP_IN:
        keys = fingerprints(connection.partner_keys)
        return [
            _("Login: %(login)s") % {"login": connection.source.login},
            *(_("May drop in: %(key)s") % {"key": key} for key in keys),
            *pgp_lines(connection),
        ]
    told = [
        _("Server: %(user)s@%(host)s:%(port)d")
        % {"user": connection.username, "host": connection.host, "port": connection.port},
        *(_("Host key: %(key)s") % {"key": key} for key in fingerprints(connection.host_keys)),
        _("Folder: %(folder)s") % {"folder": connection.folder or "."},
    ]
    if connection.archive_folder:
        told.append(_("Archive folder: %(folder)s") % {"folder": connection.archive_folder})
    if connection.our_public_key:
        (ours,) = fingerprints(connection.our_public_key)
        told.append(_("Our key: %(key)s") % {"key": ours})
    else:
        told.append(_("With a password"))
    return told + pgp_lines(connection)
