"""The first two people are made on the server; from then on two agree, and production says what is
missing."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from apps.approvals.models import ApprovalRule
from apps.approvals.selectors.check_rules import check_rules
from apps.audit.models import AuditEntry
from tests.access.two_people import superuser
from tests.sign_in.conftest import give_authenticator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def good_password(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "balafon de Bobo")


def make(name):
    call_command("createsuperuser", "--noinput", f"--username={name}", stdout=io.StringIO())


def warned(settings):
    settings.STARTS_ONLY_SOUND = True
    return [one.id for one in check_rules(databases=["default"])]


def test_the_server_makes_the_first_two_and_no_third():
    make("awa")
    make("chipo")

    with pytest.raises(CommandError, match="in the admin"):
        make("eve")

    assert sorted(User.objects.values_list("username", flat=True)) == ["awa", "chipo"]
    made = AuditEntry.objects.filter(action="user.add")
    assert [(one.actor, one.detail) for one in made] == [("system", {"is_superuser": True})] * 2


def test_of_two_the_server_helps_who_lost_her_second_factor_and_of_three_the_others_do():
    awa, _chipo = superuser("awa"), superuser("chipo")
    give_authenticator(awa)

    call_command("reset_second_factor", "awa", stdout=io.StringIO())
    assert AuditEntry.objects.filter(action="user.remove_second_factor").exists()

    superuser("dede")
    with pytest.raises(CommandError, match="in the admin"):
        call_command("reset_second_factor", "awa")


def test_a_sound_start_warns_while_nobody_could_approve(settings):
    assert warned(settings) == ["lomi.W030"]
    superuser("awa")
    assert warned(settings) == ["lomi.W030"]
    superuser("chipo")

    assert warned(settings) == []
    settings.STARTS_ONLY_SOUND = False
    User.objects.all().delete()
    assert check_rules(databases=["default"]) == []


def test_it_warns_of_a_rule_that_enforces_nothing(settings):
    superuser("awa")
    superuser("chipo")
    ApprovalRule.objects.create(
        name="All rights",
        action="user.rights",
        steps=[{"persons": 1, "group": None}],
        changed_at="2026-11-01T00:00Z",
    )

    settings.STARTS_ONLY_SOUND = True
    (found,) = check_rules(databases=["default"])

    assert found.id == "lomi.W031"
    assert "All rights" in found.msg
    assert check_rules(databases=None) == []
