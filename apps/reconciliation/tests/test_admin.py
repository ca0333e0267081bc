import csv
import io

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.reconciliation.models import Discrepancy, StatementLine
from apps.reconciliation.services.withdraw_statement import withdraw_statement
from tests.factories import PaymentFactory, ProviderAccountFactory

from .reports import NOON, NOW, foreign_line, line_of, stage_and_match

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return ProviderAccountFactory()


@pytest.fixture
def staff(client):
    """A person with these permissions on reconciliation, logged in with `client`."""

    def log_in(*codenames):
        person = User.objects.create_user("awa", is_staff=True)
        person.user_permissions.set(
            Permission.objects.filter(
                codename__in=codenames, content_type__app_label="reconciliation"
            )
        )
        client.force_login(person)
        return person

    return log_in


def page(name, *args):
    return reverse(f"admin:reconciliation_{name}", args=args)


@pytest.mark.parametrize("model", ["statement", "statementline", "discrepancy"])
def test_pages_cost_the_same_however_many_rows(admin_client, account, model):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(page(f"{model}_changelist")).status_code == 200
        return len(captured)

    queries()
    stage_and_match(account, foreign_line())
    few = queries()
    for number in range(5):
        stage_and_match(account, *[foreign_line(provider_reference=f"{number}-{n}") for n in "ab"])

    assert queries() == few


def test_detail_pages_open(admin_client, account):
    paid = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    statement, _ = stage_and_match(account, line_of(paid, amount=5100), "cut;off")

    for row, model in (
        (statement, "statement"),
        (statement.lines.get(line_number=1), "statementline"),
        (Discrepancy.objects.get(kind="amount_differs"), "discrepancy"),
    ):
        answer = admin_client.get(page(f"{model}_change", row.pk))
        assert answer.status_code == 200
        if model != "statement":
            assert paid.public_id in answer.content.decode()


@pytest.mark.parametrize("prefix", ["dsc", "att", "sta"])
def test_search_takes_public_ids(admin_client, account, prefix):
    paid = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    statement, _ = stage_and_match(account, line_of(paid, amount=5100))
    found = Discrepancy.objects.get()
    public_ids = {
        "dsc": found.public_id,
        "att": paid.attempts.get().public_id,
        "sta": statement.public_id,
    }

    answer = admin_client.get(page("discrepancy_changelist"), {"q": public_ids[prefix]})

    assert found.public_id in answer.content.decode()


def test_every_line_says_why_it_counts_or_not(admin_client, account):
    paid = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    stage_and_match(account, line_of(paid), foreign_line(), "cut;off")
    stage_and_match(account, line_of(paid), foreign_line(amount=1), "null")

    answer = admin_client.get(
        page("statementline_changelist"), headers={"accept-language": "en"}
    ).content.decode()

    for why in (
        "Both sides agree, found by: our reference",
        "An earlier report has the same line.",
        "A newer report says it otherwise.",
        "The newer report of its day does not have it.",
        "the provider has it, we do not",
    ):
        assert why in answer
    for line in StatementLine.objects.all():
        assert admin_client.get(page("statementline_change", line.pk)).status_code == 200


def test_withdrawn_statement_names_both_people(admin_client, account, django_user_model):
    statement, _ = stage_and_match(account, foreign_line())
    maker, checker = (django_user_model.objects.create_user(name) for name in ("maker", "checker"))
    withdraw_statement(
        statement_id=statement.pk,
        reason="Another account's.",
        requested_by=maker,
        approved_by=checker,
        now=NOW,
    )

    of_statement = admin_client.get(page("statement_change", statement.pk)).content.decode()
    of_line = admin_client.get(
        page("statementline_changelist"), headers={"accept-language": "en"}
    ).content.decode()

    assert "maker" in of_statement
    assert "checker" in of_statement
    assert "Its report was withdrawn." in of_line


def test_upload_needs_its_permission(client, account, staff):
    staff("view_statement")

    assert "upload" not in client.get(page("statement_changelist")).content.decode()
    assert client.get(page("statement_upload")).status_code == 403


@pytest.fixture
def discrepancy(account):
    stage_and_match(account, foreign_line())
    return Discrepancy.objects.get()


def act(client, discrepancy, **values):
    """From the list to the desk's page, and what that page sends."""
    chosen = {"action": "resolve", "_selected_action": [str(discrepancy.pk)]}
    asked = client.post(page("discrepancy_changelist"), chosen)
    if "desk/act" not in asked.get("Location", "") or not values:
        return client.get(asked["Location"], headers={"accept-language": "en"})
    sent = {"action": "resolve", "d": f"{discrepancy.pk}.{discrepancy.sequence}", **values}
    return client.post(asked["Location"], sent, headers={"accept-language": "en"})


def test_resolving_asks_for_a_reason_first(client, discrepancy, staff):
    person = staff("view_discrepancy", "change_discrepancy")

    asked = act(client, discrepancy)
    blank = act(client, discrepancy, reason=" ")
    done = act(client, discrepancy, reason="A refund by hand.")

    assert discrepancy.public_id in asked.content.decode()
    assert blank.status_code == 200
    assert done.status_code == 302
    discrepancy.refresh_from_db()
    assert (discrepancy.status, discrepancy.owner) == ("resolved", person)
    assert AuditEntry.objects.get(action="discrepancy.resolve").actor == f"user:{person.pk}"


def test_resolving_needs_its_permission(client, discrepancy, staff):
    staff("view_discrepancy")

    page_of_act = reverse("admin:reconciliation_desk_act", args=["resolve"])
    assert client.get(page_of_act, {"d": f"{discrepancy.pk}.0"}).status_code == 403

    discrepancy.refresh_from_db()
    assert discrepancy.status == "open"


def test_nothing_is_added_changed_or_deleted_by_hand(admin_client, discrepancy):
    assert admin_client.get(page("discrepancy_add")).status_code == 403
    assert admin_client.post(page("discrepancy_change", discrepancy.pk), {}).status_code == 403
    assert admin_client.post(page("discrepancy_delete", discrepancy.pk), {}).status_code == 403


def test_export_names_the_line_and_runs_no_formula(admin_client, account):
    stage_and_match(account, foreign_line(reference="=1+1"))

    form = admin_client.get(page("discrepancy_export"))
    answer = admin_client.post(page("discrepancy_export"), {"format": "0", "resource": "0"})

    assert form.status_code == 200
    [row] = csv.DictReader(io.StringIO(answer.content.decode()))
    found = Discrepancy.objects.get()
    assert (row["id"], row["kind"], row["their_amount"]) == (
        found.public_id,
        "unknown_to_us",
        "700",
    )
    assert (row["reference"], row["line_number"]) == ("'=1+1", "1")


def test_export_needs_the_right_to_look(client, discrepancy, staff):
    staff("view_statement")

    assert client.get(page("discrepancy_export")).status_code == 403
