from __future__ import annotations

import hashlib

from django.contrib.auth.models import User
from django.utils import timezone

from apps.core.public_ids import new_id
from apps.providers.models import ProviderAccount
from apps.statement_sources.models import ReceivedFile, SourceConnection, StatementSource
from tests.core.poison.case import enqueue, topic
from tests.factories import ProviderAccountFactory
from tests.statement_sources.rows import new_file, new_source


@topic("statement_source.poll", spoils=("zone",))
def looked_at(world, spoilt):
    now, account = timezone.now(), ProviderAccountFactory()
    if spoilt:
        ProviderAccount.objects.filter(pk=account.pk).update(timezone="Nowhere/None")
    source = new_source(account, now=now)
    rows = StatementSource.objects.filter(pk=source.pk)
    rows.update(due_at=now)
    # Nobody answers there, which is an ordinary failure: it is looked at again later.
    return lambda: rows.get().failure == "connection"


@topic("received_file.read", spoils=("content",))
def file_read(world, spoilt):
    now = timezone.now()
    file = new_file(
        new_source(ProviderAccountFactory(), now=now),
        now=now,
        status="fetched",
        problem="",
        waiting_since=None,
        due_at=now,
        sha256=b"another" if spoilt else hashlib.sha256(b"content").digest(),
    )
    # Nothing reads the reports of an account without credentials, which a person is told.
    return lambda: ReceivedFile.objects.get(pk=file.pk).status == "quarantined"


@topic("source_connection.make_key", spoils=("connection",), keys=("connection_id", "reason"))
def key_made(world, spoilt):
    now = timezone.now()
    draft = SourceConnection.objects.create(
        source=new_source(ProviderAccountFactory(), now=now),
        host="127.0.0.1",
        created_by=f"user:{User.objects.create_user(f'awa-{new_id()}').pk}",
        created_at=now,
        pgp_mode="encrypted",
        pgp_provider_keys="keys",
        pgp_key_wanted="cv25519",
    )
    enqueue(
        "source_connection.make_key",
        connection_id=str(new_id() if spoilt else draft.pk),
        reason="Their letter",
    )
    return lambda: SourceConnection.objects.get(pk=draft.pk).pgp_key_wanted == ""
