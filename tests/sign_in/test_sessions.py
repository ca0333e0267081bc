"""A session ends: unused, old, by its owner, by a superuser, or with the password."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.sign_in.services.forget_expired_sessions import forget_expired_sessions
from tests.sign_in.conftest import PASSWORD, age, browser, make_person, make_staff, sign_in

pytestmark = pytest.mark.django_db

NEW = "balafon de Bobo"


def is_open(client):
    return client.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("names", "seconds", "is_still_open"),
    [
        (["seen_at"], 29 * 60, True),
        (["seen_at"], 31 * 60, False),
        (["begun_at"], 11 * 3600, True),
        (["begun_at"], 13 * 3600, False),
    ],
)
def test_a_session_ends_unused_or_old(client, person, names, seconds, is_still_open):
    client.force_login(person)
    age(client, seconds, *names)

    assert is_open(client) == is_still_open
    assert is_open(client) == is_still_open


@pytest.mark.parametrize("name", ["seen_at", "begun_at"])
def test_a_session_that_does_not_say_when_is_over(client, person, name):
    client.force_login(person)
    session = client.session
    del session[name]
    session.save()

    assert not is_open(client)


def test_being_used_keeps_it_open(client, person):
    client.force_login(person)
    for _ in range(3):
        age(client, 20 * 60, "seen_at")
        assert is_open(client)


def test_one_sees_ones_own_sessions_and_ends_them(client, person):
    other, stranger = browser(HTTP_USER_AGENT="Mobile <b>"), browser(HTTP_USER_AGENT="Stranger")
    sign_in(client, person)
    sign_in(other, person)
    sign_in(stranger, make_person("eve"))
    rows = {row.user_agent: row.pk for row in UserSession.objects.all()}

    page = client.get("/account").content
    foreign = client.post("/account/sessions/end", {"which": rows["Stranger"]})
    client.post("/account/sessions/end", {"which": rows["Mobile <b>"]})

    assert b"Mobile &lt;b&gt;" in page and b"Stranger" not in page
    assert foreign.status_code == 404 and is_open(stranger)
    assert not is_open(other) and is_open(client)
    entry = AuditEntry.objects.get(action="user.end_session")
    assert entry.actor == entry.target == f"user:{person.pk}"


@pytest.mark.parametrize("which", ["", "x", "-1", "9" * 30, "\0", "²"])
def test_a_session_that_is_none_is_not_found(client, person, which):
    client.force_login(person)

    assert client.post("/account/sessions/end", {"which": which}).status_code == 404
    assert is_open(client)


def test_all_others_end_at_once(client, person):
    others = [browser() for _ in range(3)]
    for each in [client, *others]:
        sign_in(each, person)

    client.post("/account/sessions/end", {"which": "others"})

    assert [is_open(each) for each in [client, *others]] == [True, False, False, False]


def test_a_new_password_ends_the_other_sessions_and_is_on_record(client, person):
    other = browser()
    sign_in(client, person)
    sign_in(other, person)
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}

    changed = client.post("/account/password", form)

    assert changed.status_code == 302
    assert is_open(client) and not is_open(other)
    assert (
        UserSession.objects.count()
        == 1
        == Session.objects.exclude(session_key=other.session.session_key).count()
    )
    assert AuditEntry.objects.filter(
        action="user.change_password", actor=f"user:{person.pk}"
    ).exists()
    assert sign_in(browser(), person, NEW).status_code == 302


def test_the_old_password_cannot_be_guessed_there(client, person):
    client.force_login(person)
    form = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}

    statuses = [client.post("/account/password", form).status_code for _ in range(8)]

    assert statuses == [400] * 5 + [429] * 3


def test_a_superuser_ends_anothers_session(client, person):
    theirs = browser()
    sign_in(theirs, person)
    boss = make_staff("boss", is_superuser=True)
    client.force_login(boss)
    row = UserSession.objects.get(user=person)

    found = client.get("/admin/usersessions/usersession/", {"q": "awa"})
    client.post("/admin/usersessions/usersession/", {"action": "end", "_selected_action": [row.pk]})

    assert found.context["cl"].result_count or b"awa" in found.content
    assert not is_open(theirs)
    entry = AuditEntry.objects.get(action="user.end_session")
    assert (entry.actor, entry.target) == (f"user:{boss.pk}", f"user:{person.pk}")


def test_who_is_no_superuser_neither_sees_nor_ends_others(client, staff, person):
    theirs = browser()
    sign_in(theirs, person)
    client.force_login(staff)
    row = UserSession.objects.get(user=person)
    path = "/admin/usersessions/usersession/"

    assert client.get(path).status_code == 403
    assert client.post(path, {"action": "end", "_selected_action": [row.pk]}).status_code == 403
    assert is_open(theirs)


def test_signing_out_leaves_nothing(client, person):
    sign_in(client, person)
    client.post("/logout")

    assert not UserSession.objects.exists() and not Session.objects.exists()


def test_an_account_that_is_closed_is_closed_at_once(client, person):
    sign_in(client, person)
    person.is_active = False
    person.save()

    assert not is_open(client)


def test_what_is_over_is_deleted_and_nothing_else(client, person):
    now = timezone.now()
    sign_in(client, person)
    idle = browser()
    sign_in(idle, person)
    UserSession.objects.filter(session_key=idle.session.session_key).update(
        last_seen_at=now - timedelta(hours=1)
    )
    for n in range(3):
        Session.objects.create(
            session_key=f"old-{n}", session_data="", expire_date=now - timedelta(seconds=n + 1)
        )
    UserSession.objects.create(user=person, ip="10.0.0.1", session_key="gone", user_agent="")

    forgotten = forget_expired_sessions(now=now)

    assert forgotten == 4
    assert is_open(client) and not is_open(idle)
    assert UserSession.objects.count() == 1


def test_the_job_is_on_the_schedule():
    from config.celery import app

    tasks = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert "sign_in.forget_expired_sessions" in tasks
