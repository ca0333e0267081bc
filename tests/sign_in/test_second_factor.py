"""A second factor: added, asked for, never accepted twice, and obligatory where it is set so."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import admin
from django.core.cache import cache
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from apps.audit.models import AuditEntry
from apps.sign_in import second_factor
from tests.access.two_people import approve
from tests.oauth.conftest import Program, make_application, make_member
from tests.sign_in.conftest import (
    PASSWORD,
    SoftPasskey,
    age,
    browser,
    code_of,
    give_authenticator,
    give_recovery_codes,
    is_signed_in,
    make_person,
    make_staff,
    options_of,
    sign_in,
)

CHECK = "from config.settings.%s import *; assert SECOND_FACTOR_REQUIRED"

pytestmark = pytest.mark.django_db


def add_authenticator(client):
    page = client.get("/account/authenticator")
    secret = page.context["form"].secret
    return secret, client.post("/account/authenticator", {"code": code_of(secret)})


def add_passkey(client, passkey):
    options = options_of(client.get("/account/passkeys/add", secure=True))
    credential = json.dumps(passkey.create(options))
    return client.post("/account/passkeys/add", {"credential": credential}, secure=True)


def refused(answer):
    return answer.status_code == 400 and b"not right" in answer.content


def test_where_it_is_not_obligatory_nobody_is_hindered(client, staff):
    assert sign_in(client, staff)["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_who_has_one_is_asked_for_it(client, person):
    secret = give_authenticator(person)

    first = sign_in(client, person, next="/account")
    between = client.get("/account")
    second = client.post("/login/code", {"code": code_of(secret)})

    assert first["Location"] == "/login/code"
    assert between.status_code == 302
    assert second["Location"] == "/account" and is_signed_in(client)


def test_with_the_password_alone_nothing_is_open(client, obligatory):
    member = make_member(make_application().merchant)
    member.user.set_password(PASSWORD)
    member.user.is_staff = True
    member.user.save()
    give_authenticator(member.user)
    program = Program(make_application())
    sign_in(client, member.user)

    consent = client.post(program.asking(), {"decision": "allow"})
    account = client.get("/account")
    ended = client.post("/account/sessions/end", {"which": "others"})

    assert consent.status_code == 302 and consent["Location"].startswith("/login?")
    assert account.status_code == ended.status_code == 302
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("kind", ["time", "recovery"])
def test_a_code_is_never_accepted_twice(person, kind):
    secret = give_authenticator(person)
    codes = give_recovery_codes(person)
    code = code_of(secret) if kind == "time" else codes[0]
    first, second = browser(), browser()
    sign_in(first, person)
    sign_in(second, person)

    taken = first.post("/login/code", {"code": code})
    # Redis may be emptied at any moment.
    cache.clear()
    again = second.post("/login/code", {"code": code})

    assert taken.status_code == 302 and refused(again)
    assert not is_signed_in(second)


def test_an_older_code_is_not_accepted_after_a_newer_one(person):
    secret = give_authenticator(person)

    assert second_factor.check_code(person, code_of(secret, +1))
    assert second_factor.check_code(person, code_of(secret)) is None
    assert second_factor.check_code(person, code_of(secret, -1)) is None


@pytest.mark.django_db(transaction=True)
def test_one_code_sent_ten_times_at_once_lets_one_in(person):
    code = code_of(give_authenticator(person))
    found = []

    def use():
        try:
            found.append(second_factor.check_code(person, code))
        finally:
            connection.close()

    threads = [threading.Thread(target=use) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([each for each in found if each]) == 1


def test_the_code_an_app_was_added_with_signs_nobody_in(client, person):
    client.force_login(person)
    secret, _ = add_authenticator(client)
    other = browser()
    sign_in(other, person)

    assert refused(other.post("/login/code", {"code": code_of(secret)}))


def test_codes_cannot_be_guessed(client, person):
    secret = give_authenticator(person)
    sign_in(client, person)

    for _ in range(30):
        client.post("/login/code", {"code": "000000"})
    right = client.post("/login/code", {"code": code_of(secret)})

    assert right.status_code == 400 and b"Too many attempts" in right.content
    assert not is_signed_in(client)


def test_codes_cannot_be_guessed_from_a_hundred_networks(person, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login_code_hour": 12}
    secret = give_authenticator(person)
    for n in range(15):
        client = browser(REMOTE_ADDR=f"10.{n}.0.1")
        sign_in(client, person)
        client.post("/login/code", {"code": "000000"})

    client = browser(REMOTE_ADDR="192.0.2.1")
    sign_in(client, person)

    assert client.post("/login/code", {"code": code_of(secret)}).status_code == 400


@pytest.mark.parametrize(
    "code", ["", "0", "\0", "x" * 100_000, "１２３４５６", "é", "-" * 6, "123456\n", "None"]
)
def test_rubbish_is_a_wrong_code(client, person, code):
    give_authenticator(person)
    give_recovery_codes(person)
    sign_in(client, person)

    assert client.post("/login/code", {"code": code}).status_code == 400
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "credential",
    [
        "", "null", "[]", "{}", '"x"', "1", "{", '{"id": 1}', '{"id":"AA","rawId":"AA"}',
        '{"id":"AA","rawId":"AA","type":"public-key","response":{}}',
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA",'
        '"authenticatorData":"AA","signature":"AA"}}',
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30",'
        '"attestationObject":"oA"}}',
        "[" * 10_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["sign in", "add", "step up"])
def test_rubbish_is_a_wrong_passkey(client, person, credential, where):
    passkey = SoftPasskey()
    client.force_login(person)
    add_passkey(client, passkey)
    if where == "sign in":
        client = browser()
        sign_in(client, person)
        client.get("/login/code")
        answer = client.post("/login/code", {"credential": credential})
    elif where == "add":
        client.get("/account/passkeys/add")
        answer = client.post("/account/passkeys/add", {"credential": credential})
    else:
        age(client, 600, "proved_at")
        client.get("/account/password")
        form = {"step_up_asking": "1", "step_up_passkey": credential}
        answer = client.post("/account/password", form)

    assert answer.status_code in {400, 403}
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_a_passkey_is_added_and_signs_in(client, person):
    passkey = SoftPasskey()
    client.force_login(person)

    added = add_passkey(client, passkey)
    other = browser()
    sign_in(other, person, next="/account")
    page = other.get("/login/code", secure=True)
    answer = json.dumps(passkey.get(options_of(page)))
    entered = other.post("/login/code", {"credential": answer}, secure=True)
    third = browser()
    sign_in(third, person)
    third.get("/login/code", secure=True)
    replayed = third.post("/login/code", {"credential": answer}, secure=True)

    assert added["Location"] == "/account/recovery-codes"
    assert entered["Location"] == "/account" and is_signed_in(other)
    assert refused(replayed) and not is_signed_in(third)


@pytest.mark.parametrize("wrong", ["person", "signature", "origin", "domain"])
def test_a_passkey_of_somebody_or_somewhere_else_is_none(client, person, wrong):
    own, foreign = SoftPasskey(), SoftPasskey()
    client.force_login(person)
    add_passkey(client, own)
    thief = make_person("eve")
    thiefs = browser()
    thiefs.force_login(thief)
    add_passkey(thiefs, foreign)
    if wrong == "signature":
        foreign.id = own.id
    elif wrong == "origin":
        foreign = own
        foreign.origin = "https://evil.example"
    elif wrong == "domain":
        foreign = own
        foreign.domain = "evil.example"
    victim = browser()
    sign_in(victim, person)

    page = victim.get("/login/code", secure=True)
    answer = json.dumps(foreign.get(options_of(page)))

    assert refused(victim.post("/login/code", {"credential": answer}, secure=True))
    assert not is_signed_in(victim)


def test_a_pending_sign_in_ends_with_the_password_it_began_with(client, person):
    secret = give_authenticator(person)
    sign_in(client, person)
    person.set_password("another long password")
    person.save()

    client.post("/login/code", {"code": code_of(secret)})

    assert not is_signed_in(client)


def test_secrets_are_sealed_and_recovery_codes_shown_once(client, person):
    client.force_login(person)
    secret, answer = add_authenticator(client)
    shown = client.get(answer["Location"])
    again = client.get(answer["Location"])

    codes = shown.context["unused_codes"]
    assert secret not in str(Authenticator.objects.values_list("data", flat=True))
    assert len(codes) == 10 and codes[0].encode() in shown.content
    assert codes[0].encode() not in again.content and b"10 codes are left" in again.content


def test_adding_and_removing_is_on_record(client, person):
    client.force_login(person)
    add_authenticator(client)
    client.post("/account/recovery-codes/new")
    client.post("/account/authenticator/remove")

    acts = AuditEntry.objects.exclude(action="user.sign_in").order_by("id")
    assert {act.actor for act in acts} == {act.target for act in acts} == {f"user:{person.pk}"}
    assert sorted((act.action, act.detail["type"]) for act in acts) == [
        ("user.add_second_factor", "recovery_codes"),
        ("user.add_second_factor", "recovery_codes"),
        ("user.add_second_factor", "totp"),
        ("user.remove_second_factor", "recovery_codes"),
        ("user.remove_second_factor", "recovery_codes"),
        ("user.remove_second_factor", "totp"),
    ]
    assert not Authenticator.objects.exists()


# --- Where it is obligatory


def test_staff_add_one_at_the_first_sign_in_and_then_go_on(client, staff, obligatory):
    first = sign_in(client, staff, next="/admin/payments/payment/")
    told = client.get("/account")
    _, added = add_authenticator(client)
    codes = client.get(added["Location"])

    assert first["Location"] == "/account"
    assert b"needs a second factor" in told.content
    assert codes.context["onward"] == "/admin/payments/payment/"
    assert client.get("/admin/").status_code == 200


def admin_addresses():
    """Every address of the admin, with any id."""

    def walk(patterns, prefix):
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, path)
            elif isinstance(pattern, URLPattern):
                yield "/" + path

    (resolver,) = [p for p in get_resolver().url_patterns if str(p.pattern) == "admin/"]
    for path in walk(resolver.url_patterns, "admin/"):
        for kind in ("<path:object_id>", "<id>", "<path:content_type_id>", "<path:url>"):
            path = path.replace(kind, "1")
        yield (
            path.replace("<int:content_type_id>", "1")
            .replace("(?P<url>.*)$", "x")
            .replace("^(?P<app_label>", "payments/#")
            .partition("#")[0]
        )


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("state", ["enrolling", "half signed in", "became staff", "nobody"])
def test_nothing_of_the_admin_is_reachable_before(client, obligatory, method, state):
    staff = make_staff(is_superuser=True)
    if state == "enrolling":
        sign_in(client, staff)
    elif state == "half signed in":
        give_authenticator(staff)
        sign_in(client, staff)
    elif state == "became staff":
        give_authenticator(staff)
        client.force_login(staff)
    addresses = set(admin_addresses()) - {"/admin/login/", "/admin/logout/"}

    answers = {path: getattr(client, method)(path) for path in sorted(addresses)}

    assert len(addresses) > 100
    for path, answer in answers.items():
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/admin/login/?next="), path


@pytest.mark.parametrize(
    "path",
    [
        "/account/password", "/account/recovery-codes", "/account/recovery-codes/new",
        "/account/authenticator/remove", "/account/passkeys/1/remove", "/account/sessions/end",
    ],
)  # fmt: skip
def test_nor_is_anything_else_of_hers(client, staff, obligatory, path):
    sign_in(client, staff)

    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 302 and answer["Location"].startswith("/login"), path


def test_nor_may_she_consent(client, obligatory):
    member = make_member(make_application().merchant)
    member.user.is_staff = True
    member.user.set_password(PASSWORD)
    member.user.save()
    sign_in(client, member.user)

    answer = client.post(Program(make_application()).asking(), {"decision": "allow"})

    assert answer["Location"].startswith("/login?next=/oauth/authorize")


def test_a_member_is_not_forced(client, obligatory):
    member = make_member(make_application().merchant)
    client.force_login(member.user)

    assert client.get(Program(make_application()).asking()).status_code == 200


def test_a_thief_of_the_password_cannot_add_a_factor_beside_the_owners(client, staff, obligatory):
    give_authenticator(staff)
    sign_in(client, staff)

    answers = [client.get(path) for path in ("/account", "/account/authenticator",
                                            "/account/passkeys/add")]  # fmt: skip
    client.post("/account/passkeys/add", {"credential": "{}"})

    assert {answer.status_code for answer in answers} == {302}
    assert Authenticator.objects.count() == 1


def test_the_last_one_stays_until_there_is_another(client, staff, obligatory):
    sign_in(client, staff)
    add_authenticator(client)

    refused = client.post("/account/authenticator/remove")
    assert refused.status_code == 400 and Authenticator.objects.filter(type="totp").exists()

    add_passkey(client, SoftPasskey())
    client.post("/account/authenticator/remove")
    passkey = Authenticator.objects.get(type="webauthn")
    assert client.post(f"/account/passkeys/{passkey.pk}/remove").status_code == 400
    assert not Authenticator.objects.filter(type="totp").exists()


def test_nobody_removes_somebody_elses_passkey(client, person):
    client.force_login(person)
    other = browser()
    other.force_login(make_person("eve"))
    add_passkey(client, SoftPasskey())
    passkey = Authenticator.objects.get(type="webauthn")

    assert other.post(f"/account/passkeys/{passkey.pk}/remove").status_code == 404
    assert other.get("/account/passkeys/99999999999999999999999/remove").status_code in {302, 404}


def test_who_signs_in_over_a_half_session_of_another_is_wholly_herself(client, staff, obligatory):
    other = make_staff("chipo")
    secret = give_authenticator(other)
    sign_in(client, staff)

    sign_in(client, other)
    client.post("/login/code", {"code": code_of(secret)})

    assert client.get("/admin/").status_code == 200
    assert int(client.session["_auth_user_id"]) == other.pk


def test_two_superusers_help_who_lost_hers(client, person):
    give_authenticator(person)
    theirs = browser()
    theirs.force_login(person)
    boss, chief = (make_staff(name, is_superuser=True) for name in ("boss", "chief"))
    client.force_login(boss)
    lost = Authenticator.objects.get()

    page = client.post(
        "/admin/mfa/authenticator/", {"action": "remove_all", "_selected_action": [lost.pk]}
    )
    client.post(page.headers["Location"], {"reason": "Her phone was stolen."})
    assert Authenticator.objects.exists()
    approve(chief)

    assert not Authenticator.objects.exists()
    assert theirs.get("/account").status_code == 302
    entry = AuditEntry.objects.get(action="user.remove_second_factor")
    assert entry.target == f"user:{person.pk}"
    entry = AuditEntry.objects.get(action="user.reset_second_factors.approve")
    assert (entry.actor, entry.target) == (f"user:{chief.pk}", f"user:{person.pk}")


def test_no_secret_is_shown_in_the_admin(client, staff):
    make_staff("boss", is_superuser=True)
    secret = give_authenticator(staff)
    client.force_login(make_staff("chief", is_superuser=True))
    row = Authenticator.objects.get()

    page = client.get(f"/admin/mfa/authenticator/{row.pk}/change/").content.decode()

    assert secret not in page and row.data["secret"] not in page
    client.force_login(staff)
    assert client.get("/admin/mfa/authenticator/").status_code == 403
    assert not any(model._meta.app_label == "account" for model in admin.site._registry)


def test_staging_and_production_ask_staff_for_one():
    for name in ("staging", "production"):
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                f"import config.settings.{name} as s; assert s.SECOND_FACTOR_REQUIRED",
            ],
            env={
                **dict.fromkeys(("SECRET_KEY", "VAULT_KEYS", "VAULT_INDEX_KEY"), "x" * 60),
                "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
                "REDIS_URL": "redis://127.0.0.1:1/0",
            },
            cwd=settings.BASE_DIR,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
