"""What moves money, roles or keys asks again; nothing is done before, and nothing is lost."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import NoReverseMatch, reverse

from apps.approvals.models import ApprovalRequest
from apps.audit.models import AuditEntry
from apps.merchants.models import ApiKey, Merchant
from apps.reconciliation.admin.desk_acts import ASKED, TITLES
from apps.reconciliation.models import Discrepancy
from tests.admin.conftest import make_rows
from tests.factories import MerchantFactory
from tests.sign_in.conftest import (
    PASSWORD,
    SoftPasskey,
    age,
    browser,
    code_of,
    give_authenticator,
    make_staff,
)
from tests.sign_in.test_second_factor import add_passkey

pytestmark = pytest.mark.django_db

# All that is done in the admin without asking again: it moves neither money, roles nor keys.
SPARED = {
    ("payments.payment", "ask_provider"),
    ("payments.payment", "resend_webhooks"),
    ("refunds.refund", "ask_provider"),
    ("refunds.refund", "resend_webhooks"),
    ("payouts.payout", "ask_provider"),
    ("payouts.payout", "resend_webhooks"),
    ("webhooks.endpoint", "resume"),
    ("webhooks.endpoint", "send_test"),
    ("webhooks.delivery", "resend"),
    ("core.outboxmessage", "try_again"),
    *(
        ("support_tickets.ticket", act)
        for act in (
            "assign_to_me",
            "answer",
            "note",
            "insert_canned",
            "organise",
            "change_status",
            "merge",
            "link",
            "reveal",
            "ask_provider",
            "send_webhooks_again",
            "insert_sentence",
        )
    ),
    # The desk's acts that move no money and can be undone.
    *(
        ("reconciliation.discrepancy", act)
        for act in ("resolve", "expect", "ask", "take", "comment", "undo", "view")
    ),
    ("monitoring.incident", "take"),
    ("monitoring.incident", "silence_hour"),
    ("monitoring.incident", "silence_day"),
    ("monitoring.incident", "post_mortem"),
}
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def actions_of(model):
    return [name for _, name, _ in admin.site._registry[model]._get_base_actions()]


@pytest.fixture
def boss(client):
    user = make_staff("boss", is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def later(client, boss):
    """She signed in a while ago."""
    age(client, 301, "proved_at")
    return client


def asks_again(answer):
    return answer.status_code == 403 and b"Is it you?" in answer.content


def answered(client, answer, **proof):
    """Send the page that asks back, as a browser would."""
    page = answer.content.decode()
    form = page[page.index('<form method="post" action=') :]
    fields = {}
    for name, value in re.findall(r'type="hidden" name="([^"]+)"(?: value="([^"]*)")?', form):
        fields.setdefault(name, []).append(value)
    proof = {f"step_up_{name}": value for name, value in proof.items()}
    return client.post(answer.context["here"], {**fields, **proof})


def walk():
    for model in MODELS:
        for page, args in [("add", ()), ("change", ("1",)), ("delete", ("1",))]:
            yield model, page, args, {}
        for name in [*actions_of(model), "", "delete_selected"]:
            yield model, "changelist", (), {"action": name, "_selected_action": ["1"]}
        yield model, "changelist", (), {"_save": "1"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_act_in_the_admin_asks_again_unless_it_is_harmless(later, model):
    label = model._meta.label_lower
    for each, page, args, form in walk():
        if each is not model or (label, form.get("action")) in SPARED:
            continue
        assert asks_again(later.post(address(model, page, *args), form)), (label, page, form)


def acts_of_the_desk(model):
    """Of discrepancies, on a page of their own."""
    return {*TITLES, "undo", "view"} - ASKED if model is Discrepancy else set()


def test_what_is_spared_is_this_and_nothing_else():
    spared = {
        (model._meta.label_lower, name)
        for model in MODELS
        for name in getattr(admin.site._registry[model], "actions_without_step_up", ())
    }

    assert spared == SPARED
    for model in MODELS:
        own = getattr(admin.site._registry[model], "actions_without_step_up", ())
        assert set(own) <= {*actions_of(model), *acts_of_the_desk(model)}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_looking_is_never_hindered(later, model):
    assert later.get(address(model, "changelist")).status_code == 200
    assert not asks_again(later.get(address(model, "add")))


def test_exports_and_uploads_ask_at_a_look(later):
    for model in MODELS:
        try:
            path = address(model, "export")
        except NoReverseMatch:
            continue
        assert asks_again(later.get(path)) and asks_again(later.post(path))
    assert asks_again(later.get("/admin/statement_sources/receivedfile/upload/"))
    assert asks_again(later.post(f"/admin/auth/user/{User.objects.get().pk}/password/"))


@pytest.mark.parametrize(
    "form",
    [
        {"action": ["ask_provider", "delete_selected"], "index": "1"},
        {"action": ["ask_provider", ""], "index": "0"},
        {"action": "ask_provider", "_save": "1"},
    ],
)
def test_a_harmless_act_hides_no_other(later, form):
    assert asks_again(later.post("/admin/payments/payment/", form))


def test_a_harmless_act_of_one_list_is_not_one_of_another(later):
    form = {"action": "resume", "_selected_action": ["1"]}

    assert asks_again(later.post("/admin/merchants/apikey/", form))


def test_nothing_is_done_before_and_the_form_arrives_after(later):
    make_rows(1)
    key = ApiKey.objects.filter(revoked_at=None).first()
    form = {"action": "revoke", "_selected_action": [key.pk], "select_across": "0"}

    asked = later.post("/admin/merchants/apikey/", form)
    wrong = answered(later, asked, password="wrong")
    key.refresh_from_db()
    assert asks_again(asked) and asks_again(wrong) and key.revoked_at is None

    done = answered(later, wrong, password=PASSWORD)
    key.refresh_from_db()
    assert done.status_code == 302 and key.revoked_at is not None
    assert later.post("/admin/merchants/apikey/", form).status_code == 302


def test_a_form_with_odd_texts_arrives_as_it_was(later):
    merchant = MerchantFactory()
    odd = "Épicerie <b>\"&amp;'</b>"
    form = {
        "name": odd, "language": "en", "is_active": "on",
    }  # fmt: skip

    answered_page = later.post(address(Merchant, "change", merchant.pk), form)
    fields = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(
            r'type="hidden" name="([^"]+)" value="([^"]*)"', answered_page.content.decode()
        )
    }
    later.post(address(Merchant, "change", merchant.pk), {**fields, "step_up_password": PASSWORD})

    merchant.refresh_from_db()
    assert merchant.name == odd and merchant.language == "en"


def test_who_only_looked_gets_what_she_looked_for(later):
    asked = later.get("/admin/statement_sources/receivedfile/upload/?x=1")

    done = answered(later, asked, password=PASSWORD)

    assert done.status_code == 303
    assert done["Location"] == "/admin/statement_sources/receivedfile/upload/?x=1"
    assert later.get(done["Location"]).status_code == 200


def test_a_file_is_asked_for_again(later):
    file = SimpleUploadedFile("report.csv", b"1;2")

    asked = later.post("/admin/statement_sources/receivedfile/upload/", {"file": file})

    assert b"chosen again" in asked.content
    assert answered(later, asked, password=PASSWORD).status_code == 303


def test_a_decision_by_two_people_asks_both_times_it_is_late(later):
    make_rows(1)
    request = ApprovalRequest.objects.get()
    form = {"action": "approve", "_selected_action": [request.pk]}
    page = answered(later, later.post("/admin/approvals/approvalrequest/", form), password=PASSWORD)
    age(later, 301, "proved_at")
    form |= {"decided": "1", f"digest_{request.pk}": page.context["chosen"][0]["digest"]}

    asked = later.post("/admin/approvals/approvalrequest/", form)

    request.refresh_from_db()
    assert asks_again(asked) and request.status == ApprovalRequest.Status.PENDING


@pytest.mark.parametrize("how", ["code", "passkey"])
def test_a_second_factor_is_proof_too_and_only_once(client, boss, how):
    secret = give_authenticator(boss)
    passkey = SoftPasskey()
    add_passkey(client, passkey)
    age(client, 301, "proved_at")
    path = "/admin/auth/group/add/"

    asked = client.post(path, {"name": "One"}, secure=True)
    if how == "code":
        proof = {"code": code_of(secret)}
    else:
        proof = {"passkey": json.dumps(passkey.get(json.loads(asked.context["passkey_options"])))}
    fields = {"name": "One", "step_up_asking": "1", **{f"step_up_{k}": v for k, v in proof.items()}}
    done = client.post(path, fields, secure=True)
    age(client, 301, "proved_at")
    replayed = client.post(path, fields | {"name": "Two"}, secure=True)

    assert done.status_code == 302
    assert asks_again(replayed)


def test_the_proof_cannot_be_guessed_there(later):
    path = "/admin/auth/group/add/"
    for _ in range(5):
        later.post(path, {"step_up_asking": "1", "step_up_password": "wrong"})

    answer = later.post(path, {"step_up_asking": "1", "step_up_password": PASSWORD})

    assert asks_again(answer) and b"Too many attempts" in answer.content
    assert AuditEntry.objects.filter(action="user.sign_in_failed").count() == 5


@pytest.mark.parametrize("field", ["password", "code", "passkey"])
@pytest.mark.parametrize("value", ["", "\0", "x" * 20_000, "[" * 9_000, "é"])
def test_rubbish_is_no_proof(later, field, value):
    form = {"step_up_asking": "1", f"step_up_{field}": value}

    assert asks_again(later.post("/admin/auth/group/add/", form))


def test_a_person_without_a_password_is_not_let_through_by_none(later, boss):
    User.objects.filter(pk=boss.pk).update(password="")

    answer = later.post("/admin/auth/group/add/", {"step_up_asking": "1"})

    assert answer.status_code in {302, 403}
    assert not later.session.get("_auth_user_id") or asks_again(answer)


def test_the_form_of_another_site_proves_nothing(boss):
    client = browser(enforce_csrf_checks=True)
    client.force_login(boss)
    age(client, 301, "proved_at")

    form = {"step_up_asking": "1", "step_up_password": PASSWORD, "name": "Everything"}

    answer = client.post("/admin/auth/group/add/", form)
    assert answer.status_code == 403 and not asks_again(answer)


def test_who_may_not_is_refused_after_too(client):
    staff = make_staff()
    client.force_login(staff)
    age(client, 301, "proved_at")
    form = {"step_up_asking": "1", "step_up_password": PASSWORD, "name": "Everything"}

    answer = client.post("/admin/auth/group/add/", form)

    assert answer.status_code == 403 and not asks_again(answer)


def test_proving_is_on_record(later, boss):
    later.post("/admin/auth/group/add/", {"step_up_asking": "1", "step_up_password": PASSWORD})

    assert AuditEntry.objects.filter(action="user.step_up", actor=f"user:{boss.pk}").exists()
