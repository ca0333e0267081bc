from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

from django.conf import settings
from django.utils import timezone

from apps.providers.models import ProviderAccount
from apps.providers.registry import lists_movements
from apps.providers.simulation.report_door import report_host_key
from apps.statement_sources.models import Completeness, StatementSource, Way
from apps.statement_sources.rules.connection_digest import connection_digest
from apps.statement_sources.rules.source_order import SourceOrder, order_of
from apps.statement_sources.selectors.connection_in_force import connection_in_force
from apps.statement_sources.services.activate_connection import activate_connection
from apps.statement_sources.services.draft_connection import ConnectionOrder, draft_connection
from apps.statement_sources.services.save_source import save_source

# Nobody sits at the keyboard: these two agree on what the simulators are.
MAKER, CHECKER = "system", "system:demo"


def make_source(account: ProviderAccount) -> StatementSource:
    """A demo account's reports come from the simulators' SFTP server, or from its rail's API where
    that lists what moved. Safe to repeat: another address of theirs is a new version of how it is
    reached."""
    now = timezone.now()
    way = Way.API if lists_movements(account.connector) else Way.SFTP_PULL
    source = StatementSource.objects.filter(provider_account=account).first()
    if source is None:
        source = save_source(
            source=None,
            account=account,
            way=way,
            order=SourceOrder(
                name="Simulators",
                poll_times=[time(4), time(6)],
                weekdays=list(range(7)),
                latest_time=time(8),
                name_pattern=f"{account.connector}_{{year}}-{{month}}-{{day}}_{account.currency}.csv",
                # A simulator's day is that of UTC: in Douala another one has begun an hour before.
                first_day=now.date(),
                completeness=Completeness.NAMED,
            ),
            actor=MAKER,
            now=now,
        )
    if source.way == Way.SFTP_PULL:
        _agree(source, now=now)
    if source.is_enabled:
        return source
    return save_source(
        source=source, order=replace(order_of(source), is_enabled=True), actor=MAKER, now=now
    )


def _agree(source: StatementSource, *, now: datetime) -> None:
    """On where the simulators are now."""
    host, _, port = settings.SIMULATOR_SFTP.rpartition(":")
    key = report_host_key(settings.SIMULATOR_SFTP_KEY).export_public_key().decode()
    before = connection_in_force(source.pk)
    reach = (host, int(port), " ".join(key.split()[:2]))
    if before is None or (before.host, before.port, before.host_keys) != reach:
        draft = draft_connection(
            source=source,
            order=ConnectionOrder(
                host=host,
                port=int(port),
                username=source.provider_account.connector,
                host_keys=key,
                password=settings.SIMULATOR_CONTROL_TOKEN,
            ),
            created_by=MAKER,
            now=now,
        )
        activate_connection(
            {"connection_id": str(draft.pk), "digest": connection_digest(draft)},
            requested_by=MAKER,
            approved_by=CHECKER,
            reason="the demo",
            now=now,
        )
