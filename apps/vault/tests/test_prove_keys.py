"""Another key of a known id does no work, and says which it is."""

from __future__ import annotations

import base64
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from apps.audit.models import AuditEntry
from apps.vault.checks import check_these_are_the_keys
from apps.vault.models import KeyCanary
from apps.vault.services.prove_keys import WrongKeys, prove_keys

pytestmark = pytest.mark.django_db


def key(name: str) -> str:
    return base64.b64encode(name.encode().ljust(32, b".")).decode()


@pytest.fixture(autouse=True)
def own_keys(settings):
    KeyCanary.objects.all().delete()
    settings.VAULT_KEYS = f"k2:{key('two')},k1:{key('one')}"
    settings.VAULT_INDEX_KEY = key("index")
    assert prove_keys()


def test_the_same_keys_are_right_in_whatever_order(settings):
    settings.VAULT_KEYS = f"k1:{key('one')},k2:{key('two')}"

    assert prove_keys()


def test_a_new_key_is_taken_note_of(settings):
    settings.VAULT_KEYS = f"k3:{key('three')},k2:{key('two')},k1:{key('one')}"

    assert prove_keys()

    settings.VAULT_KEYS = f"k3:{key('other')},k2:{key('two')},k1:{key('one')}"
    with pytest.raises(WrongKeys, match="key k3 is not"):
        prove_keys()


@pytest.mark.parametrize(
    ("ring", "fault"),
    [
        (f"k2:{key('other')},k1:{key('one')}", "key k2 is not"),
        (f"k2:{key('two')},k1:{key('other')}", "key k1 is not"),
        (f"k2:{key('two')}", "key k1 is missing"),
        (f"k3:{key('three')}", "is missing"),
    ],
)
def test_another_ring_is_refused_by_name_and_takes_note_of_nothing(settings, ring, fault):
    settings.VAULT_KEYS = ring

    with pytest.raises(WrongKeys, match=fault):
        prove_keys()

    assert [error.id for error in check_these_are_the_keys()] == ["lomi.E023"]
    assert set(KeyCanary.objects.values_list("pk", flat=True)) == {"k1", "k2", ""}


def test_another_index_key_is_refused(settings):
    settings.VAULT_INDEX_KEY = key("other")

    with pytest.raises(WrongKeys, match="VAULT_INDEX_KEY is not"):
        prove_keys()


def test_no_key_stands_in_what_is_said(settings):
    settings.VAULT_KEYS = f"k2:{key('other')},k1:{key('one')}"

    with pytest.raises(WrongKeys) as refused:
        prove_keys()

    assert key("other") not in str(refused.value)


def test_a_key_that_is_used_up_is_forgotten_on_record(settings):
    with pytest.raises(CommandError, match="Take it out"):
        call_command("forget_key", "k1")
    settings.VAULT_KEYS = f"k2:{key('two')}"

    call_command("forget_key", "k1")

    assert prove_keys()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target) == ("vault_key.forget", "k1")
    with pytest.raises(CommandError, match="no key k9"):
        call_command("forget_key", "k9")
    with pytest.raises(CommandError):
        call_command("forget_key", "")
    assert prove_keys()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "command",
    [
        ["check_books"],
        [
            "shell",
            "-c",
            READ := ("from apps.payments.models import Payment; print(Payment.objects.count())"),
        ],
    ],
)
def test_a_process_with_other_keys_does_no_work_and_says_which_key(command):
    database = connection.settings_dict
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": f"postgresql://{database['USER']}:{database['PASSWORD']}"
        f"@{database['HOST']}:{database['PORT']}/{database['NAME']}",
        "VAULT_KEYS": f"k2:{key('other')},k1:{key('one')}",
        "VAULT_INDEX_KEY": key("index"),
    }

    done = subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "VAULT_KEYS: key k2 is not the key this database was encrypted under" in done.stderr
    assert key("other") not in done.stderr + done.stdout
