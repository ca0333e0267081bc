from __future__ import annotations

import json

from django.utils import timezone

from apps.orchestration.models import Attempt, AttemptStatus, StatusChange
from apps.providers.models import Callback
from apps.providers.services.store_callback import store_callback
from apps.vault.encryption import encrypt
from tests.core.poison.case import UNREADABLE, topic, unreadable_credentials, unreadable_number
from tests.fakes import FAKE, GENUINE_CALLBACK


@topic("attempt.submit", spoils=("number", "credentials", "history"))
def submitted(world, spoilt):
    account = unreadable_credentials() if spoilt == "credentials" else world.account
    attempt = world.pay(account=account)
    Attempt.objects.filter(pk=attempt.pk).update(next_check_at=timezone.now())
    if spoilt == "number":
        unreadable_number(attempt)
    if spoilt == "history":
        # The number of its next change is taken.
        StatusChange.objects.create(
            owner_id=attempt.owner_id,
            attempt=attempt,
            sequence=attempt.sequence + 1,
            to_status="submitted",
            source="worker",
            created_at=timezone.now(),
        )
    return lambda: Attempt.objects.get(pk=attempt.pk).status == AttemptStatus.PENDING


@topic("callback.received", spoils=("body", "number", "credentials"), keys=("callback_id",))
def called_back(world, spoilt):
    account = unreadable_credentials() if spoilt == "credentials" else world.account
    attempt = world.pay_sent(account=account)
    memory = encrypt(
        json.dumps({"secret": "s3cret"}), context="payments_attempt.memory", row_id=attempt.pk
    )
    Attempt.objects.filter(pk=attempt.pk).update(connector_state_encrypted=memory)
    if spoilt == "number":
        unreadable_number(attempt)
    callback_id = store_callback(
        connector=FAKE,
        attempt_id=attempt.pk,
        method="POST",
        content_type="application/json",
        body=GENUINE_CALLBACK,
        now=timezone.now(),
    )
    if spoilt == "body":
        Callback.objects.filter(pk=callback_id).update(body_encrypted=UNREADABLE)
    return lambda: Attempt.objects.get(pk=attempt.pk).status == AttemptStatus.SUCCEEDED


@topic("attempt.poll", spoils=("number", "credentials", "memory"))
def polled(world, spoilt):
    account = unreadable_credentials() if spoilt == "credentials" else world.account
    attempt = world.pay_sent(account=account)
    memory = UNREADABLE if spoilt == "memory" else None
    Attempt.objects.filter(pk=attempt.pk).update(
        next_check_at=timezone.now(), connector_state_encrypted=memory
    )
    if spoilt == "number":
        unreadable_number(attempt)
    return lambda: Attempt.objects.get(pk=attempt.pk).status == AttemptStatus.SUCCEEDED
