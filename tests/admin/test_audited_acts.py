"""Nothing is done in the admin, and nothing taken out of it, without an entry of who did it."""

from __future__ import annotations

import json
import uuid

import pytest
from django.contrib import admin as django_admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.core.management import call_command
from django.urls import reverse

from apps.audit.admin import OutboxMessageAdmin
from apps.audit.models import AuditEntry
from tests.admin.conftest import acts, make_rows
from tests.security.routes import undone

pytestmark = pytest.mark.django_db

ACTIONS = sorted(
    (model._meta.label_lower, name)
    for model, model_admin in django_admin.site._registry.items()
    for name in (model_admin.actions or ())
)


def changelist(label):
    return reverse(f"admin:{label.replace('.', '_')}_changelist")


def test_there_are_actions_to_walk():
    assert len(ACTIONS) > 10


def test_every_action_leaves_an_entry(admin, subtests):
    make_rows(1)
    models = {model._meta.label_lower: model for model in django_admin.site._registry}
    person = AuditEntry.objects.get(action="user.sign_in").actor
    before = acts().count()
    for label, action in ACTIONS:
        with subtests.test(f"{label}.{action}"), undone():
            row = models[label]._default_manager.first()
            chosen = {"action": action, ACTION_CHECKBOX_NAME: [str(row.pk)]}

            answer = admin.post(changelist(label), {**chosen, "reason": "Agreed by phone."})

            assert answer.status_code in {200, 302}, answer.content
            entries = acts().order_by("id")[before:]
            if answer.status_code == 302:
                assert entries, "done without a word"
            assert {entry.actor for entry in entries} <= {person, "system"}


def test_an_act_that_says_nothing_itself_is_told_by_the_door(admin, monkeypatch):
    def silent(self, request, queryset):
        return None

    silent.short_description = "Silent"
    monkeypatch.setattr(OutboxMessageAdmin, "silent", silent, raising=False)
    monkeypatch.setattr(OutboxMessageAdmin, "actions", ["silent"])
    chosen = [str(uuid.uuid4()), str(uuid.uuid4())]

    admin.post(changelist("core.outboxmessage"), {"action": "silent", ACTION_CHECKBOX_NAME: chosen})

    entry = acts().latest("id")
    assert entry.action == "admin.core_outboxmessage_changelist"
    assert entry.detail["action"] == "silent"
    assert entry.detail["count"] == 2
    assert entry.detail["chosen"] == chosen


def test_looking_and_what_is_refused_leave_none(admin):
    before = acts().count()

    admin.get(changelist("core.outboxmessage"))
    admin.post(reverse("admin:auth_group_add"), {"name": ""})

    assert acts().count() == before


@pytest.mark.parametrize(
    "address",
    ["/admin/payments/payment/", "/admin/approvals/approvalrequest/", "/admin/auth/user/x/change/"],
)
def test_who_is_no_staff_writes_nothing_into_the_trail(client, address):
    client.force_login(User.objects.create_user("awa"))
    before = acts().count()

    client.post(address, {"action": "approve", ACTION_CHECKBOX_NAME: ["victim"]})

    assert acts().count() == before


@pytest.mark.parametrize("object_id", ["999999", "a%00b", "x" * 300])
def test_what_is_not_there_was_not_changed(admin, object_id):
    before = acts().count()

    answer = admin.post(f"/admin/auth/user/{object_id}/change/", {"username": "x"})

    assert answer.status_code < 500
    assert acts().count() == before


def test_an_export_says_how_much_was_taken_and_of_what(admin):
    make_rows(2)

    answer = admin.post(
        reverse("admin:reconciliation_discrepancy_export") + "?kind__exact=amount_differs",
        {"format": "0", "resource": "0"},
    )

    assert answer.has_header("Content-Disposition")
    entry = acts().get(action="discrepancy.export")
    assert entry.detail == {"rows": 2, "filters": {"kind__exact": "amount_differs"}}


@pytest.mark.parametrize(
    ("page", "action", "form"),
    [
        ("reconciliation_discrepancy_export?q=237677123456", "discrepancy.export", {"format": "0"}),
        ("reporting_reportedhour_changelist?file=csv&q=%2B237+677+12+34+56", "report.export", None),
        ("reporting_reportedhour_changelist?file=csv&q=237677123456%00", "report.export", None),
    ],
)
def test_what_was_searched_for_stays_in_the_trail_without_a_number(admin, page, action, form):
    make_rows(1)
    name, _, query = page.partition("?")
    address = f"{reverse(f'admin:{name}')}?{query}"

    answer = admin.get(address) if form is None else admin.post(address, {**form, "resource": "0"})

    assert answer.status_code == 200
    kept = json.dumps(acts().get(action=action).detail, ensure_ascii=False)
    assert "677" not in kept and "•" in kept


def test_commands_that_let_somebody_in_are_on_record(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "seventeen green herons")
    call_command("createsuperuser", "--username=awa", "--email=awa@lomi.example", "--noinput")
    monkeypatch.setattr("getpass.getpass", lambda **_: "eighteen green herons")
    call_command("changepassword", "awa", verbosity=0)

    said = list(AuditEntry.objects.order_by("id").values_list("actor", "action"))
    assert said == [("system", "user.add"), ("system", "user.change_password")]
