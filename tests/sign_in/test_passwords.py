"""No weak password, wherever one is set."""

from __future__ import annotations

import io
import json

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from apps.sign_in.management.commands import createsuperuser
from tests.sign_in.conftest import PASSWORD, make_staff

pytestmark = pytest.mark.django_db

WEAK = ["1", "", "short", "12345678901234", "1q2w3e4r5t6y"]
# Weak for her alone.
NAME = "mariama-diallo"
GOOD = "balafon de Bobo"


@pytest.mark.parametrize("password", [*WEAK, NAME])
def test_a_weak_password_is_refused_on_every_form(client, password):
    boss = make_staff(NAME, is_superuser=True)
    client.force_login(boss)

    added = client.post(
        "/admin/auth/user/add/",
        {
            "username": NAME + "2",
            "password1": password,
            "password2": password,
            "usable_password": "true",
        },
    )
    changed = client.post(
        f"/admin/auth/user/{boss.pk}/password/",
        {"password1": password, "password2": password, "usable_password": "true"},
    )
    own = client.post(
        "/account/password",
        {"old_password": PASSWORD, "new_password1": password, "new_password2": password},
    )

    assert (added.status_code, changed.status_code, own.status_code) == (200, 200, 400)
    assert User.objects.count() == 1
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("password", WEAK)
def test_no_command_takes_one_either(monkeypatch, password):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(CommandError):
        call_command("createsuperuser", "--noinput", username="root", email="")

    monkeypatch.setattr("getpass.getpass", lambda _prompt: password)
    # Whoever says yes to everything.
    monkeypatch.setattr("builtins.input", lambda _prompt: "y")
    with pytest.raises(CommandError):
        call_command("createsuperuser", username="root", email="")

    assert not User.objects.exists()


def test_a_good_one_makes_a_superuser(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", GOOD)
    call_command("createsuperuser", "--noinput", username="root", stdout=io.StringIO())

    user = User.objects.get()
    assert user.is_staff and user.is_superuser and user.check_password(GOOD)
    assert createsuperuser.__name__.startswith("apps.sign_in")


@pytest.mark.parametrize("name", ["", "x" * 300, "a b\0"])
def test_a_bad_name_is_refused(monkeypatch, name):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", GOOD)
    with pytest.raises(CommandError):
        call_command("createsuperuser", "--noinput", username=name)


def test_a_person_is_added_under_her_name(client):
    client.force_login(make_staff("boss", is_superuser=True))

    client.post(
        "/admin/auth/user/add/",
        {"username": "new", "password1": GOOD, "password2": GOOD, "usable_password": "true"},
    )

    assert User.objects.get(username="new").check_password(GOOD)


def test_the_demos_passwords_are_good():
    said = io.StringIO()
    call_command("seed_demo", stdout=said)
    seeded = json.loads(said.getvalue().splitlines()[-1])

    for user in User.objects.all():
        validate_password(seeded["password"], user)
        assert user.check_password(seeded["password"])


def test_twelve_characters_and_nothing_common():
    for password in WEAK:
        with pytest.raises(ValidationError):
            validate_password(password)
    validate_password(GOOD)
