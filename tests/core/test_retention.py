"""Every table has an end, or a reason to have none."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from apps.core.public_ids import new_id, new_id_at
from apps.core.retention import (
    KeptForDays,
    KeptForEver,
    KeptUntil,
    all_rules,
    check_retention,
    forget_old_rows,
    kept_for,
    statement,
)
from apps.providers.models import Callback
from apps.webhooks.models import Delivery, Event
from config.celery import app as celery
from tests.docs.pages import read, rows, section
from tests.factories import EndpointFactory

BY_DAYS = {rule.model: rule for rule in all_rules() if isinstance(rule, KeptForDays)}


def test_every_table_has_an_end_or_a_reason_to_have_none():
    tables = {model._meta.label for model in apps.get_models(include_auto_created=True)}

    assert sorted(rule.model for rule in all_rules()) == sorted(tables)
    assert all(rule.because for rule in all_rules() if isinstance(rule, KeptForEver | KeptForDays))


def test_every_job_of_retention_is_a_task_of_the_beat():
    jobs = {rule.job for rule in all_rules() if isinstance(rule, KeptUntil) and rule.job}

    assert jobs | {"core.forget_old_rows"} <= {
        entry["task"] for entry in celery.conf.beat_schedule.values()
    }


def test_operations_has_the_days_of_every_table_that_has_an_end(settings):
    told = list(rows(section(read("docs/guides/operations.md"), "## Retention")))
    days = {re.findall(r"[\w.]+", cells[0])[0]: cells for cells in told if cells[2]}
    named = {model for cells in told for model in re.findall(r"\w+\.\w+", cells[0])}

    assert named == {rule.model for rule in all_rules() if not isinstance(rule, KeptForEver)}
    assert set(days) == set(BY_DAYS)
    for model, (_, kept, setting, least) in days.items():
        rule = BY_DAYS[model]
        assert int(kept.split()[0]) == settings.RETENTION_DAYS[rule.days]
        assert setting == f"`RETENTION_{rule.days.upper()}_DAYS`"
        assert int(least) == rule.least


def test_fewer_days_than_a_promise_needs_are_refused(settings):
    assert check_retention(app_configs=None) == []
    settings.RETENTION_DAYS = {**settings.RETENTION_DAYS, "deliveries": 44}

    (error,) = check_retention(app_configs=None)

    assert "RETENTION_DELIVERIES_DAYS must be 45 or more" in error.msg


@pytest.mark.django_db
def test_what_is_older_than_it_is_kept_is_deleted_and_what_is_pending_is_not():
    now = timezone.now()
    endpoint = EndpointFactory()

    def delivery(age, status):
        event = Event.objects.create(
            merchant=endpoint.merchant,
            livemode=False,
            type="payment.succeeded",
            object_id=new_id(),
            sequence=1,
            body="{}",
            created_at=now - age,
        )
        return Delivery.objects.create(
            id=new_id_at(now - age),
            event=event,
            endpoint=endpoint,
            status=status,
            next_attempt_at=now,
            created_at=now - age,
        ).pk

    kept = kept_for(BY_DAYS["webhooks.Delivery"])
    second = timedelta(seconds=1)
    old = delivery(kept + second, Delivery.Status.DELIVERED)
    young = delivery(kept - second, Delivery.Status.DELIVERED)
    pending = delivery(kept + second, Delivery.Status.PENDING)
    for age in (timedelta(), kept_for(BY_DAYS["providers.Callback"]) + second):
        Callback.objects.create(
            id=new_id_at(now - age),
            connector="mtn_momo",
            attempt_id=new_id(),
            method="POST",
            body_encrypted=b"",
            body_digest=b"",
            received_at=now - age,
        )

    forgotten = forget_old_rows(now=now)

    assert forgotten["webhooks.Delivery"] == forgotten["providers.Callback"] == 1
    left = set(Delivery.objects.values_list("pk", flat=True))
    assert left == {young, pending}
    assert old not in left
    assert Callback.objects.get().received_at == now
    assert set(forget_old_rows(now=now).values()) == {0}


@pytest.mark.django_db
@pytest.mark.parametrize("model", sorted(BY_DAYS))
def test_every_statement_of_retention_reads_the_oldest_by_their_ids(model):
    """The planner is told nothing of sizes: it has this one way."""
    with connection.cursor() as cursor:
        for other_way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{other_way} = off")
        sql = statement(BY_DAYS[model])
        cursor.execute(f"EXPLAIN {sql}", [new_id_at(timezone.now()), new_id_at(timezone.now())])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert re.search(r"Index Scan using \w+_pkey", plan)
    assert "Sort" not in plan
