"""Everything encrypted moves under the newest key, and the one before may be taken away."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as project
from django.contrib.admin import site
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.core.models import IdempotencyRecord
from apps.core.public_ids import new_id
from apps.merchants.services.idempotent_response import CONTEXT as ANSWER_CONTEXT
from apps.orchestration.models import Attempt
from apps.orchestration.services.take_reply import read_state
from apps.payments.models import Payment
from apps.payments.rules.payer import PAYER_CONTEXT, PAYER_INDEX
from apps.providers import registry
from apps.providers.models import Callback, ProviderAccount
from apps.providers.services.store_callback import BODY_CONTEXT
from apps.sign_in.adapters import SecondFactorAdapter
from apps.vault.blind_index import search_indexes
from apps.vault.encrypted_columns import PAGE, all_columns
from apps.vault.encryption import EncryptionKeyMissing, decrypt, encrypt
from apps.vault.models import KeyCanary
from apps.vault.selectors.key_usage import key_usage
from apps.vault.services.prove_keys import WrongKeys, prove_keys
from apps.vault.services.reencrypt import reencrypt
from apps.webhooks.models import Endpoint
from apps.webhooks.services.deliver_webhook import SECRET_CONTEXT
from tests import servers
from tests.api.conftest import Shop
from tests.factories import EndpointFactory, PaymentFactory
from tests.fakes import FAKE, FakeConnector, FakeProvider, open_account, register
from tests.security.encrypted_rows import make_every_row
from tests.security.encrypted_rows.core import idempotency_record
from tests.security.encrypted_rows.payments import NUMBER


def key(name: str) -> str:
    return base64.b64encode(name.encode().ljust(32, b".")).decode()


OLD = f"k1:{key('one')}"
NEW = f"k2:{key('two')}"
NEW_SEARCH = f"s2:{key('search')}"


@pytest.fixture(autouse=True)
def old_key(settings):
    settings.VAULT_KEYS = OLD
    settings.VAULT_INDEX_KEY = key("index")
    settings.VAULT_SEARCH_KEYS = "index"


def prove() -> None:
    KeyCanary.objects.all().delete()
    assert prove_keys()


@pytest.fixture
def a_row_of_everything(db):
    make_every_row()


def test_the_fixture_has_a_row_of_every_column(db, a_row_of_everything):
    assert set(key_usage()["k1"]) == {str(column) for column in all_columns()}


def test_all_is_read_without_the_old_key(db, a_row_of_everything, settings, monkeypatch, capsys):
    register(monkeypatch, {FAKE: (FakeProvider(), FakeConnector)})
    prove()
    plain = idempotency_record(b'{"id":"pay_1"}')
    account = ProviderAccount.objects.get()
    fingerprint, connector = (
        registry.credentials_fingerprint(account),
        registry.connector_for(account),
    )
    settings.VAULT_KEYS = f"{NEW},{OLD}"
    assert prove_keys()

    call_command("reencrypt")

    assert set(key_usage()) == {"k2", "search/index"}
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{column} {2 if column.model == 'mfa.Authenticator' else 1}" for column in all_columns()
    ]
    # With the new key alone, as a process has it that is started now.
    settings.VAULT_KEYS = NEW
    call_command("forget_key", "k1")
    assert prove_keys()
    payment, attempt, endpoint = (
        Payment.objects.get(),
        Attempt.objects.get(),
        Endpoint.objects.get(),
    )
    assert (
        decrypt(payment.payer_msisdn_encrypted, context=PAYER_CONTEXT, row_id=payment.pk) == NUMBER
    )
    assert read_state(attempt) == {"pay_token": "v1"}
    for name in ("secret_encrypted", "previous_secret_encrypted"):
        encrypted = getattr(endpoint, name)
        assert decrypt(encrypted, context=SECRET_CONTEXT, row_id=endpoint.pk) == f"whsec_{name}"
    callback = Callback.objects.get()
    body = decrypt(callback.body_encrypted, context=BODY_CONTEXT, row_id=callback.pk)
    assert body == '{"payer":"237677000001"}'
    record = IdempotencyRecord.objects.exclude(pk=plain.pk).get()
    assert decrypt(record.body, context=ANSWER_CONTEXT, row_id=record.pk) == '\n{"secret":"x"}'
    data = dict(Authenticator.objects.values_list("type", "data"))
    assert SecondFactorAdapter().decrypt(data["totp"]["secret"]) == "TOTPSECRET"
    assert SecondFactorAdapter().decrypt(data["recovery_codes"]["seed"]) == "seed"
    assert data["recovery_codes"]["used_mask"] == 5
    assert data["webauthn"] == {"name": "a passkey", "credential": {"id": "x"}}
    plain.refresh_from_db()
    assert bytes(plain.body) == b'{"id":"pay_1"}'
    # The same credentials: what was sent with them is asked about with them, by who is at it.
    account.refresh_from_db()
    assert registry.credentials_fingerprint(account) == fingerprint
    assert registry.connector_for(account) is connector
    acts = AuditEntry.objects.filter(action__startswith="vault_key").order_by("id")
    assert list(acts.values_list("action", "target")) == [
        ("vault_key.reencrypt", "k2 search/index"),
        ("vault_key.forget", "k1"),
    ]


def test_a_fingerprint_outlives_two_keys_and_ends_with_its_credentials(db, settings):
    account = open_account()
    fingerprint = registry.credentials_fingerprint(account)
    for ring in (f"{NEW},{OLD}", f"k3:{key('three')},{NEW}"):
        settings.VAULT_KEYS = ring
        call_command("reencrypt")
        account.refresh_from_db()
        assert registry.credentials_fingerprint(account) == fingerprint

    # As whoever knows nothing of kept fingerprints changes them.
    ProviderAccount.objects.update(
        credentials_encrypted=registry.encrypt_credentials(account.pk, {"api_key": "another"})
    )
    account.refresh_from_db()

    assert registry.credentials_fingerprint(account) != fingerprint


def test_a_key_that_is_needed_is_not_forgotten(db, a_row_of_everything, settings):
    prove()
    settings.VAULT_KEYS = f"{NEW},{OLD}"
    assert prove_keys()
    settings.VAULT_KEYS = NEW

    with pytest.raises(CommandError) as refused:
        call_command("forget_key", "k1")

    for column in all_columns():
        assert str(column) in str(refused.value)
    assert KeyCanary.objects.filter(pk="k1").exists()


def test_what_cannot_be_opened_is_named_and_left(db, settings, caplog):
    payment, other = PaymentFactory(), PaymentFactory()
    broken = bytes(payment.payer_msisdn_encrypted)[:-1] + b"?"
    Payment.objects.filter(pk=payment.pk).update(payer_msisdn_encrypted=broken)
    settings.VAULT_KEYS = f"{NEW},{OLD}"

    with pytest.raises(CommandError, match=r"k1: payments\.Payment\.payer_msisdn_encrypted 1"):
        call_command("reencrypt")

    (record,) = [one for one in caplog.records if one.message == "encrypted value unreadable"]
    assert record.row == str(payment.pk)
    payment.refresh_from_db()
    other.refresh_from_db()
    assert bytes(payment.payer_msisdn_encrypted) == broken
    assert decrypt(other.payer_msisdn_encrypted, context=PAYER_CONTEXT, row_id=other.pk)


def test_a_missing_key_is_said_before_anything_is_lost(db, settings):
    payment = PaymentFactory()
    settings.VAULT_KEYS = NEW

    with pytest.raises(CommandError, match=r"k1: payments\.Payment"):
        call_command("reencrypt")

    settings.VAULT_KEYS = f"{NEW},{OLD}"
    payment.refresh_from_db()
    assert decrypt(payment.payer_msisdn_encrypted, context=PAYER_CONTEXT, row_id=payment.pk)


def many_payments(count: int) -> None:
    first = PaymentFactory()
    payments = []
    for _ in range(count - 1):
        payment_id = new_id()
        payments.append(
            Payment(
                **{
                    field.attname: getattr(first, field.attname)
                    for field in Payment._meta.concrete_fields
                }
                | {
                    "id": payment_id,
                    "payer_msisdn_encrypted": encrypt(
                        NUMBER, context=PAYER_CONTEXT, row_id=payment_id
                    ),
                }
            )
        )
    Payment.objects.bulk_create(payments, batch_size=PAGE)


STOP = 47268
STOP_AT = """
CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_advisory_xact_lock({}); RETURN NEW; END';
CREATE TRIGGER stop_here BEFORE UPDATE ON payments_payment
    FOR EACH ROW WHEN (NEW.id = '{}') EXECUTE FUNCTION stop_here();
"""


@contextmanager
def stopping_in_page_two():
    """Who changes a certain payment waits, within its transaction, for the lock STOP."""
    (column,) = [one for one in all_columns() if one.name == "payer_msisdn_encrypted"]
    _, page, _ = column.pages()
    with connection.cursor() as cursor:
        cursor.execute(STOP_AT.format(STOP, page[PAGE // 2].pk))
        yield
        cursor.execute("DROP FUNCTION stop_here CASCADE")


def waits_for(line, *kinds):
    # Tests of other databases wait for locks as well.
    sql = (
        "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE NOT granted AND locktype = ANY(%s) AND datname = current_database()"
    )
    return lambda: line.execute(sql, [list(kinds)]).fetchone()


def wait_until(is_so, *, while_so) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert while_so() and time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_all_is_read_and_the_next_run_goes_on(settings):
    many_payments(3 * PAGE)
    prove()
    settings.VAULT_KEYS = f"{NEW},{OLD}"
    settings.VAULT_SEARCH_KEYS = f"{NEW_SEARCH},index"
    assert prove_keys()
    command = [sys.executable, str(project.BASE_DIR / "manage.py"), "reencrypt"]
    urls = servers.of_database(connection.settings_dict["NAME"])
    environment = {
        **os.environ,
        **urls,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_DOOR": "command",
        "VAULT_KEYS": settings.VAULT_KEYS,
        "VAULT_INDEX_KEY": settings.VAULT_INDEX_KEY,
        "VAULT_SEARCH_KEYS": settings.VAULT_SEARCH_KEYS,
    }
    column = "payments.Payment.payer_msisdn_encrypted"

    with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as line, stopping_in_page_two():
        line.execute("SELECT pg_advisory_lock(%s)", [STOP])
        run = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
        wait_until(waits_for(line, "advisory"), while_so=lambda: run.poll() is None)
        run.kill()
        _, said = run.communicate()
        line.execute("SELECT pg_advisory_unlock(%s)", [STOP])

    assert run.returncode == -signal.SIGKILL, said
    usage = key_usage()
    assert (usage["k2"][column], usage["k1"][column]) == (PAGE, 2 * PAGE)
    assert (usage["search/s2"][column], usage["search/index"][column]) == (PAGE, 2 * PAGE)
    assert all_numbers() == {NUMBER}
    assert count_found() == 3 * PAGE

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert f"{column} {2 * PAGE}" in done.stdout
    assert set(key_usage()) == {"k2", "search/s2"}
    settings.VAULT_KEYS, settings.VAULT_SEARCH_KEYS = NEW, NEW_SEARCH
    assert all_numbers() == {NUMBER}
    assert count_found() == 3 * PAGE


def count_found() -> int:
    indexes = search_indexes(NUMBER, purpose=PAYER_INDEX)
    return Payment.objects.filter(payer_msisdn_index__in=indexes).count()


def all_numbers() -> set[str]:
    return {
        decrypt(encrypted, context=PAYER_CONTEXT, row_id=pk)
        for pk, encrypted in Payment.objects.values_list("pk", "payer_msisdn_encrypted")
    }


@pytest.mark.django_db(transaction=True)
def test_what_traffic_holds_is_waited_for_and_what_it_wrote_stays(settings):
    endpoint = EndpointFactory()
    endpoint.secret_encrypted = encrypt("whsec_old", context=SECRET_CONTEXT, row_id=endpoint.pk)
    endpoint.save()
    payment = PaymentFactory()
    settings.VAULT_KEYS = f"{NEW},{OLD}"
    url = servers.of_database(connection.settings_dict["NAME"])["DATABASE_URL"]
    done: list[tuple[str, int]] = []

    def work() -> None:
        try:
            done.extend(reencrypt(now=timezone.now()))
        finally:
            connection.close()

    with psycopg.connect(url) as traffic, psycopg.connect(url, autocommit=True) as watch:
        traffic.execute(
            "SELECT FROM webhooks_endpoint WHERE id = %s FOR NO KEY UPDATE", [endpoint.pk]
        )
        thread = threading.Thread(target=work)
        thread.start()
        wait_until(waits_for(watch, "transactionid", "tuple"), while_so=thread.is_alive)
        newer = encrypt("whsec_new", context=SECRET_CONTEXT, row_id=endpoint.pk, key_id="k1")
        traffic.execute(
            "UPDATE webhooks_endpoint SET secret_sealed = %s WHERE id = %s", [newer, endpoint.pk]
        )
        traffic.commit()
        thread.join()

    assert dict(done)["webhooks.Endpoint.secret_encrypted"] == 1
    settings.VAULT_KEYS = NEW
    endpoint.refresh_from_db()
    payment.refresh_from_db()
    assert (
        decrypt(endpoint.secret_encrypted, context=SECRET_CONTEXT, row_id=endpoint.pk)
        == "whsec_new"
    )
    assert decrypt(payment.payer_msisdn_encrypted, context=PAYER_CONTEXT, row_id=payment.pk)


def test_without_its_key_nothing_is_read(db, settings):
    payment = PaymentFactory()
    settings.VAULT_KEYS = NEW

    with pytest.raises(EncryptionKeyMissing):
        decrypt(payment.payer_msisdn_encrypted, context=PAYER_CONTEXT, row_id=payment.pk)


def test_a_search_finds_what_either_key_indexed(db, settings, rf):
    prove()
    shop = Shop()
    account = open_account()
    older = [PaymentFactory(merchant=shop.merchant, account=account) for _ in range(3)]
    settings.VAULT_SEARCH_KEYS = f"{NEW_SEARCH},index"
    assert prove_keys()
    newer = [PaymentFactory(merchant=shop.merchant, account=account) for _ in range(3)]
    PaymentFactory(merchant=shop.merchant, account=account, payer_msisdn="237677000002")
    wanted = [payment.public_id for payment in reversed([*older, *newer])]

    def found() -> list[str]:
        ids, query = [], {"phone": "+237677000001", "limit": "2"}
        while True:
            answer = shop.get("/api/v1/payments", **query).json()
            ids += [payment["id"] for payment in answer["data"]]
            if not answer["has_more"]:
                return ids
            query["starting_after"] = ids[-1]

    def found_by_support() -> set[str]:
        search = site.get_model_admin(Payment)
        rows, _ = search.get_search_results(rf.get("/"), Payment.objects.all(), "237677000001")
        return {payment.public_id for payment in rows}

    assert found() == wanted and found_by_support() == set(wanted)

    call_command("reencrypt")

    settings.VAULT_SEARCH_KEYS = NEW_SEARCH
    assert prove_keys()
    assert found() == wanted and found_by_support() == set(wanted)


def test_a_search_key_is_proved_and_forgotten_as_any_other(db, settings):
    prove()
    PaymentFactory()
    settings.VAULT_SEARCH_KEYS = f"{NEW_SEARCH},index"
    assert prove_keys()
    call_command("reencrypt")
    settings.VAULT_SEARCH_KEYS = f"s2:{key('another')},index"
    with pytest.raises(WrongKeys, match="VAULT_SEARCH_KEYS: key s2 is not"):
        prove_keys()
    settings.VAULT_SEARCH_KEYS = f"s3:{key('third')}"
    with pytest.raises(WrongKeys, match="VAULT_SEARCH_KEYS: key s2 is missing"):
        prove_keys()
    settings.VAULT_SEARCH_KEYS = f"s3:{key('third')},{NEW_SEARCH}"
    assert prove_keys()
    with pytest.raises(CommandError, match="Take it out"):
        call_command("forget_key", "search/s2")

    call_command("reencrypt")
    settings.VAULT_SEARCH_KEYS = f"s3:{key('third')}"
    call_command("forget_key", "search/s2")

    assert prove_keys()
    assert count_found() == 1


def test_an_index_that_no_key_made_is_made_anew(db):
    PaymentFactory()
    Payment.objects.update(payer_msisdn_index=b"of a key that is gone")
    assert key_usage()["search/?"]

    call_command("reencrypt")

    assert count_found() == 1
