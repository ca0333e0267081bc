"""`manage.py check --deploy`: silent about a sound environment, loud about each unsound one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.core.checks import check_environment, check_lines, refuse_unsound
from apps.vault.checks import check_keys
from local.keys import new_keys

ROOT = Path(__file__).resolve().parents[2]
SECRET = "Zq3-vT8_kLm2xPw9rYb4nHs7dJf6gCa1eU5oXiQzWtEyRuBv"

SOUND = {
    **new_keys(),
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "ALLOWED_HOSTS": "pay.example,mtls.pay.example",
    "PUBLIC_URL": "https://pay.example",
    "REALTIME_URL": "https://pay.example",
    "MTLS_URL": "https://mtls.pay.example",
    "TRUSTED_PROXIES": "10.1.0.7/32,fd00::7/128",
    "PROXY_SECRET": SECRET,
    "DATABASE_URL": "postgresql://lomi:secret@database.internal/lomi?sslmode=verify-full",
    "REDIS_URL": "rediss://:secret@redis.internal:6379/0",
    "EMAIL_HOST_PASSWORD": "secret",
    "EMAIL_USE_TLS": "yes",
    "SECURITY_CONTACT": "mailto:security@pay.example",
}


def run(arguments, **changes):
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**environ, **SOUND, **changes},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("module", ["production", "staging"])
def test_a_sound_environment_gives_no_warning(module):
    checked = run(
        ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        DJANGO_SETTINGS_MODULE=f"config.settings.{module}",
    )

    assert checked.returncode == 0, checked.stderr
    assert checked.stderr == ""


def test_an_unsound_environment_fails_the_check_and_tells_no_secret():
    weak = {"SECRET_KEY": "weak-secret", "VAULT_KEYS": "k1:not-a-key", "PROXY_SECRET": "short-one"}

    checked = run(["manage.py", "check"], **weak)

    assert checked.returncode == 1
    for code in ("lomi.E001", "lomi.E006", "lomi.E020"):
        assert code in checked.stderr
    assert not [value for value in weak.values() if value in checked.stderr]


@pytest.mark.parametrize("start", ["config.wsgi", "config.asgi"])
@pytest.mark.parametrize(
    "weak", [{"SECRET_KEY": "weak-secret"}, {"VAULT_KEYS": "k1:no"}], ids=["key", "vault"]
)
def test_no_process_starts_in_production_with_a_weak_key(start, weak):
    started = run(["-c", f"import {start}"], **weak)

    assert started.returncode != 0
    assert "ImproperlyConfigured: lomi.E" in started.stderr
    assert not [value for value in weak.values() if value in started.stderr]


def test_a_worker_does_not_start_with_a_weak_key():
    started = run(["-m", "celery", "-A", "config", "report"], SECRET_KEY="weak-secret")

    assert "ImproperlyConfigured" in started.stdout + started.stderr


@pytest.fixture
def sound(settings, monkeypatch):
    """These settings as production has them."""
    settings.STARTS_ONLY_SOUND = True
    settings.SECRET_KEY = SOUND["SECRET_KEY"]
    settings.ALLOWED_HOSTS = ["pay.example"]
    settings.PUBLIC_URL = settings.REALTIME_URL = "https://pay.example"
    settings.MTLS_URL = ""
    settings.DATABASE_OWNER_URL = ""
    settings.TRUSTED_PROXIES = ["10.1.0.7/32"]
    settings.PROXY_SECRETS = [SECRET]
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "rediss://:secret@redis.internal/0"
    settings.DEMO_ALLOWED = settings.SERVE_STATIC = False
    settings.WEBHOOK_PRIVATE_ADDRESSES_ALLOWED = False
    # Read by nobody who connects: no test here does.
    database = dict(settings.DATABASES["default"])
    database |= {"HOST": "database.internal", "PASSWORD": "secret"}
    database |= {"OPTIONS": {"sslmode": "verify-full"}}
    monkeypatch.setitem(settings.DATABASES, "default", database)
    return settings


def found(settings):
    return {error.id for error in (*check_environment(), *check_lines(), *check_keys())}


def test_sound_settings_are_sound(sound):
    assert found(sound) == set()


UNSOUND = [
    ("lomi.E001", {"SECRET_KEY": "x" * 80}),
    ("lomi.E001", {"SECRET_KEY": "django-insecure-" + SECRET}),
    ("lomi.E001", {"SECRET_KEY": SECRET[:40]}),
    ("lomi.E001", {"SECRET_KEY_FALLBACKS": ["weak"]}),
    ("lomi.E002", {"DEBUG": True}),
    ("lomi.E003", {"ALLOWED_HOSTS": []}),
    ("lomi.E003", {"ALLOWED_HOSTS": ["pay.example", "*"]}),
    ("lomi.E004", {"PUBLIC_URL": "http://pay.example"}),
    ("lomi.E004", {"PUBLIC_URL": "https://"}),
    ("lomi.E004", {"REALTIME_URL": "http://pay.example"}),
    ("lomi.E004", {"MTLS_URL": "http://mtls.pay.example"}),
    ("lomi.E005", {"TRUSTED_PROXIES": []}),
    ("lomi.E005", {"TRUSTED_PROXIES": ["0.0.0.0/0"]}),
    ("lomi.E005", {"TRUSTED_PROXIES": ["::/0"]}),
    ("lomi.E005", {"TRUSTED_PROXIES": ["10.1.0.7/32", "proxy.internal"]}),
    ("lomi.E006", {"PROXY_SECRETS": []}),
    ("lomi.E006", {"PROXY_SECRETS": ["short"]}),
    ("lomi.E006", {"PROXY_SECRETS": [SECRET, "x" * 40]}),
    ("lomi.E006", {"PROXY_SECRETS": [SECRET + " " + SECRET]}),
    ("lomi.E007", {"REDIS_URL": "rediss://redis.internal/0"}),
    ("lomi.E009", {"DEMO_ALLOWED": True}),
    ("lomi.E009", {"SERVE_STATIC": True}),
    ("lomi.E009", {"WEBHOOK_PRIVATE_ADDRESSES_ALLOWED": True}),
    ("lomi.E011", {"REDIS_URL": "redis://:secret@redis.internal/0"}),
    ("lomi.E011", {"CELERY_BROKER_URL": "redis://:secret@redis.internal/0"}),
    ("lomi.E012", {"EMAIL_HOST_PASSWORD": "secret", "EMAIL_USE_TLS": False}),
    ("lomi.E013", {"SECURITY_CONTACT": "security@pay.example"}),
    ("lomi.E013", {"SECURITY_CONTACT": "mailto:a@pay.example\nX: y"}),
    ("lomi.E020", {"VAULT_KEYS": "k1:short"}),
    ("lomi.E020", {"VAULT_KEYS": ""}),
    ("lomi.E021", {"VAULT_INDEX_KEY": "short"}),
    ("lomi.E021", {"VAULT_INDEX_KEY": "é"}),
]


@pytest.mark.parametrize(("code", "changes"), UNSOUND)
def test_each_unsound_variable_is_named(sound, code, changes):
    for name, value in changes.items():
        setattr(sound, name, value)

    assert found(sound) == {code}


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("lomi.E008", {"PASSWORD": ""}),
        ("lomi.E010", {"OPTIONS": {}}),
        ("lomi.E010", {"OPTIONS": {"sslmode": "require"}}),
    ],
)
def test_an_unsound_database_is_named(sound, code, changes):
    sound.DATABASES["default"] |= changes

    assert found(sound) == {code}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "", "/run/postgresql"])
def test_a_line_within_the_machine_may_be_clear(sound, host):
    sound.DATABASES["default"] |= {"HOST": host, "OPTIONS": {}}
    shown = f"[{host}]" if ":" in host else "127.0.0.1"
    sound.REDIS_URL = sound.CELERY_BROKER_URL = f"redis://:secret@{shown}:6379/0"

    assert found(sound) == set()


def test_who_serves_does_not_know_the_owner_of_the_database(sound):
    sound.DATABASE_OWNER_URL = "postgresql://lomi:secret@database.internal/lomi"

    for door in ("web", "realtime", "worker"):
        sound.DATABASE_DOOR = door
        assert found(sound) == {"lomi.E025"}
    for door in ("command", "owner"):
        sound.DATABASE_DOOR = door
        assert found(sound) == set()


def test_the_same_key_twice_is_named(sound):
    sound.VAULT_INDEX_KEY = sound.VAULT_KEYS.partition(":")[2]

    assert found(sound) == {"lomi.E022"}


def test_an_unsound_start_is_refused_for_whoever_serves(sound):
    sound.SECRET_KEY = "weak"
    errors = check_environment()

    for door in ("web", "realtime", "worker"):
        sound.DATABASE_DOOR = door
        with pytest.raises(ImproperlyConfigured, match=r"lomi\.E001"):
            refuse_unsound(errors)
    for door in ("command", "owner"):
        sound.DATABASE_DOOR = door
        refuse_unsound(errors)
