from __future__ import annotations

from datetime import date

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.statement_sources.models import PgpMode, SourceConnection
from apps.statement_sources.rules.agreed_keys import (
    OURS,
    PROVIDER,
    AgreedKey,
    agreed_keys,
    in_groups,
)


def pgp_lines(connection: SourceConnection) -> list[str]:
    """How files have to be signed and encrypted, by which keys, and until when each holds. None of
    a connection whose files are taken as they are."""
    if connection.pgp_mode == PgpMode.PLAIN:
        return []
    told = [_("Files: %(how)s") % {"how": connection.get_pgp_mode_display()}]
    for whose, words in (
        (PROVIDER, _("Signed by the provider’s key %(key)s")),
        (OURS, _("Encrypted to our key %(key)s")),
    ):
        for number, key in enumerate(agreed_keys(connection, whose)):
            until = "" if number == 0 else _day(connection.pgp_overlap_until)
            told.append(words % {"key": _key(key, until)})
    return told


def _key(key: AgreedKey, until: str) -> str:
    """Its fingerprint in full, and what bounds it."""
    bounds = [key.kind]
    if key.expires_on:
        bounds.append(_("expires on %(day)s") % {"day": _day(parse_date(key.expires_on))})
    if key.is_revoked:
        bounds.append(_("revoked"))
    if until:
        bounds.append(_("the older one: up to %(day)s") % {"day": until})
    return f"{in_groups(key.fingerprint)} ({', '.join(bounds)})"


def _day(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else ""
