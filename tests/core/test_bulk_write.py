import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core.bulk_write import bulk_write
from apps.core.models import IdempotencyRecord, OutboxMessage
from apps.core.public_ids import new_id
from apps.core.row_mapper import columns, map_row
from apps.core.work.outbox import new_message
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.services.build_event import subscribed_endpoints
from tests.factories import EndpointFactory, MerchantFactory


def record(key, **fields):
    return IdempotencyRecord(
        **{
            "id": new_id(),
            "scope": "shop:test",
            "endpoint": "POST /things",
            "key": key,
            "digest": b"d" * 32,
            "status_code": 201,
            "body": b"{}",
            "created_at": timezone.now(),
            **fields,
        }
    )


def event_and_delivery(merchant, endpoint):
    now = timezone.now()
    event = Event(
        merchant_id=merchant.pk,
        livemode=False,
        type="payment.created",
        object_id=new_id(),
        sequence=1,
        body="{}",
        created_at=now,
    )
    return event, Delivery(
        event_id=event.pk, endpoint=endpoint, next_attempt_at=now, created_at=now
    )


@pytest.mark.django_db
def test_rows_of_several_tables_are_one_statement():
    rows = [
        record("first"),
        new_message("a.topic", now=timezone.now(), thing="1"),
        record("second"),
    ]

    with CaptureQueriesContext(connection) as sent:
        bulk_write(rows)

    assert len(sent) == 1
    assert set(IdempotencyRecord.objects.values_list("key", flat=True)) == {"first", "second"}
    assert OutboxMessage.objects.get().payload == {"thing": "1"}


@pytest.mark.django_db
def test_every_value_comes_back_as_it_was():
    row = record("é 'quoted\" %s \\", body=bytes(range(256)))

    bulk_write([row])

    kept = IdempotencyRecord.objects.get()
    assert (kept.pk, kept.key, bytes(kept.body)) == (row.pk, row.key, row.body)
    assert kept.created_at == row.created_at


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("parent_first", [True, False])
def test_the_order_of_the_rows_does_not_matter(parent_first):
    merchant = MerchantFactory()
    event, delivery = event_and_delivery(merchant, EndpointFactory(merchant=merchant))

    bulk_write([event, delivery] if parent_first else [delivery, event])

    assert Delivery.objects.get().event_id == event.pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("bad", ["unique", "foreign key"])
def test_one_bad_row_leaves_none(bad):
    merchant = MerchantFactory()
    _event, delivery = event_and_delivery(merchant, EndpointFactory(merchant=merchant))
    message = new_message("a.topic", now=timezone.now())
    rows = [message, delivery] if bad == "foreign key" else [message, record("k"), record("k")]

    with pytest.raises(IntegrityError):
        bulk_write(rows)

    assert not OutboxMessage.objects.exists()
    assert not Delivery.objects.exists()
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.django_db
def test_nothing_to_insert_asks_nothing_of_the_database():
    with CaptureQueriesContext(connection) as sent:
        bulk_write([])

    assert len(sent) == 0


@pytest.mark.django_db(transaction=True)
def test_within_a_transaction_it_goes_with_the_rest():
    with pytest.raises(RuntimeError), transaction.atomic():
        bulk_write([record("undone")])
        raise RuntimeError

    assert not IdempotencyRecord.objects.exists()


@pytest.mark.django_db
def test_a_column_may_have_another_name_than_its_field():
    """Fields were renamed, columns of big tables were not."""
    endpoint = EndpointFactory()

    endpoint.secret_encrypted = b"other"
    bulk_write([], {endpoint: ("secret_encrypted",)})

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns(Endpoint, 'e')} FROM webhooks_endpoint e")
        (row,) = cursor.fetchall()
    assert bytes(map_row(Endpoint, row).secret_encrypted) == b"other"


@pytest.mark.django_db
def test_a_row_of_some_columns_holds_these_and_reads_the_others_when_asked():
    kept = EndpointFactory(secret_encrypted=b"secret")
    names = ("id", "url")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns(Endpoint, 'e', names)} FROM webhooks_endpoint e")
        (row,) = cursor.fetchall()

    found = map_row(Endpoint, row, names)

    assert (found, found.url) == (kept, kept.url)
    assert found.get_deferred_fields() >= {"secret_encrypted", "merchant_id"}
    assert bytes(found.secret_encrypted) == b"secret"


@pytest.mark.django_db
def test_nothing_secret_is_remembered_of_who_is_told():
    kept = EndpointFactory()

    (found,) = subscribed_endpoints(merchant_id=kept.merchant_id, livemode=kept.livemode)

    assert {"secret_encrypted", "previous_secret_encrypted"} <= found.get_deferred_fields()
