from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from apps.core.alerts import CRITICAL, Finding, Parameters
from apps.statement_sources.models import PgpMode, SourceConnection, StatementSource
from apps.statement_sources.rules.agreed_keys import OURS, PROVIDER, agreed_keys


def find_ending_keys(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Keys of OpenPGP by which the files of a source are signed, or encrypted to us, and that
    expire soon, or have: the newest of each side, for the older ones are replaced already. Two
    queries. wanted: days, critical_days."""
    modes = Q() if wanted["includes_test"] else Q(provider_account__livemode=True)
    sources = StatementSource.objects.filter(modes, is_enabled=True)
    in_force = (
        SourceConnection.objects.filter(source__in=sources, number__isnull=False)
        .order_by("source_id", "-number")
        .distinct("source_id")
        .defer("credentials_encrypted", "pgp_secrets_encrypted")
        .select_related("source__provider_account")
    )
    for connection in in_force:
        if connection.pgp_mode == PgpMode.PLAIN:
            continue
        source = connection.source
        today = now.astimezone(ZoneInfo(source.provider_account.timezone)).date()
        for whose in (PROVIDER, OURS):
            for key in agreed_keys(connection, whose)[:1]:
                if not key.expires_on:
                    continue
                days = (date.fromisoformat(key.expires_on) - today).days
                if days < wanted["days"]:
                    yield Finding(
                        key=f"{source.public_id}:{whose}",
                        facts={
                            "source": source.name,
                            "account": source.provider_account.label,
                            "key": key.fingerprint[-16:],
                            "days": max(days, 0),
                        },
                        severity=CRITICAL if days < wanted["critical_days"] else "",
                    )
