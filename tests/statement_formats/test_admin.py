"""The page on which a version is written, tried on a whole file, and asked for as it was shown."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import ApprovalRequest
from apps.approvals.services.decide_approval import decide_approval
from apps.reconciliation.models import Statement
from apps.statement_formats.admin.layout_form import COLUMN, LayoutForm, typed
from apps.statement_formats.models import StatementProfile
from apps.statement_formats.rules.check_layout import read_layout
from apps.statement_formats.rules.examples import EXAMPLES
from tests.statement_formats.conftest import activate
from tests.statement_formats.files import LINE, TABLE, table

pytestmark = pytest.mark.django_db

# As a browser sends TABLE; the delimiter is left to be guessed.
TYPED = {
    "format": "csv", "encoding": "", "delimiter": "", "quote": '"', "has_heading": "on",
    "rows_above": "0", "decimal_mark": "", "grouping_mark": "", "signs": "none", "currency": "",
    "date_format": TABLE["date_format"], "outcomes": "OK = succeeded\nKO = failed\nAttente=ignored",
    "reference_in": "end_to_end_id",
    **{COLUMN + name: column for name, column in TABLE["columns"].items()},
}  # fmt: skip


@pytest.fixture
def maker(db):
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(User.objects.create_superuser("fanta"))
    return client


def page(name, *args):
    return reverse(f"admin:statement_formats_statementprofile_{name}", args=args)


def upload(content=None):
    lines = [LINE.replace("a1;T1", f"a{n};T{n}") for n in range(20)]
    data = (content or table(*lines)).encode()
    return {"file": SimpleUploadedFile("janvier.csv", data)}


def approve(request):
    decide_approval(
        request_id=request.pk,
        is_approved=True,
        shown_digest=bytes(request.digest),
        decided_by=User.objects.create_user("moussa", is_staff=True),
        now=timezone.now(),
    )


def test_a_layout_is_tried_on_the_whole_file_before_it_is_asked_for_as_shown(maker, make_profile):
    profile = make_profile(None)

    shown = maker.post(page("new_version", profile.pk), TYPED | upload()).content.decode()

    assert "it was read by “;”" in shown and "as it came" in shown
    assert not ApprovalRequest.objects.exists() and not profile.versions.exists()
    assert not Statement.objects.exists()
    signed = re.search(r'name="shown" value="([^"]+)"', shown)[1]
    done = maker.post(page("new_version", profile.pk), {"shown": signed, "reason": "new export"})
    request = ApprovalRequest.objects.get()
    assert done.status_code == 302
    assert request.payload["layout"]["delimiter"] == ";"
    assert request.payload["preview"]["read"] == 20
    asked = maker.get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    words = asked.content.decode()
    assert "janvier.csv: 20 lines read" in words and "our reference = Ref" in words

    approve(request)

    version = profile.versions.get()
    assert read_layout(version.layout) == read_layout(TABLE)
    assert "form of dates" in maker.get(page("change", profile.pk)).content.decode()


@pytest.mark.parametrize(
    ("change", "content", "said"),
    [
        ({COLUMN + "amount": "Somme"}, None, "Somme is missing"),
        ({COLUMN + "amount": ""}, None, "Name the amount’s column"),
        ({"outcomes": "OK"}, None, "is no word with its meaning"),
        ({"outcomes": "OK = perhaps"}, None, "What does “ok” mean?"),
        ({"date_format": "jour"}, None, "A date needs its day, month and year"),
        ({}, table(LINE.replace("1500", "1,500")), "This amount can be read in two ways"),
    ],
)
def test_a_layout_nothing_can_be_read_by_is_said_and_cannot_be_asked_for(
    maker, make_profile, change, content, said
):
    profile = make_profile(None)

    answer = maker.post(page("new_version", profile.pk), TYPED | change | upload(content))

    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert 'name="shown"' not in answer.content.decode()


def test_a_version_needs_a_file_to_be_tried_on(maker, make_profile):
    answer = maker.post(page("new_version", make_profile(None).pk), TYPED)

    assert "Choose a file" in answer.content.decode()
    assert 'name="shown"' not in answer.content.decode()


def test_what_was_changed_on_its_way_is_not_asked_for(maker, make_profile):
    profile = make_profile(None)

    done = maker.post(page("new_version", profile.pk), {"shown": "x:y:z", "reason": "mine"})

    assert done.status_code == 302
    assert not ApprovalRequest.objects.exists()


def test_what_was_shown_of_one_profile_is_asked_for_it_alone(maker, make_profile):
    shown_of, other = make_profile(None), make_profile(None, name="All", is_shared=True)
    shown = maker.post(page("new_version", shown_of.pk), TYPED | upload()).content.decode()
    signed = re.search(r'name="shown" value="([^"]+)"', shown)[1]

    maker.post(page("new_version", other.pk), {"shown": signed, "reason": "mine"})

    assert not ApprovalRequest.objects.exists()


def test_who_asked_before_another_version_came_is_refused(maker, make_profile):
    profile = make_profile(None)
    shown = maker.post(page("new_version", profile.pk), TYPED | upload()).content.decode()
    signed = re.search(r'name="shown" value="([^"]+)"', shown)[1]
    activate(profile, TABLE)

    maker.post(page("new_version", profile.pk), {"shown": signed, "reason": "mine"})

    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize("key", EXAMPLES)
def test_a_layout_is_typed_as_it_was_kept(key):
    layout = read_layout(EXAMPLES[key].layout)
    initial = typed(EXAMPLES[key].layout)
    sent = {name: "on" if value is True else value for name, value in initial.items() if value}

    form = LayoutForm(sent)

    assert form.is_valid(), form.errors
    assert form.layout() == layout


def test_pages_begin_from_an_example_or_from_what_holds(maker, make_profile):
    profile = make_profile()

    assert 'value="Montant"' in maker.get(page("new_version", profile.pk)).content.decode()
    begun = maker.get(page("new_version", profile.pk), {"example": "gim_clearing"})
    assert 'value="13-24"' in begun.content.decode()


def test_a_profile_is_made_for_an_account_or_for_all_of_its_provider(maker, account):
    def add(**more):
        return maker.post(page("add"), {"name": "Portail", "connector": "mtn_momo"} | more)

    wrong = add(connector="orange_webpay", provider_account=str(account.pk))
    assert "at another provider" in wrong.content.decode()
    assert add(provider_account=str(account.pk)).status_code == 302
    assert add(name="All").status_code == 302
    assert add(name="Again").status_code == 200
    assert StatementProfile.objects.count() == 2
    assert "MTN Cameroun" in maker.get(page("changelist")).content.decode()


def test_who_may_not_make_versions_has_no_page_for_it(make_profile):
    client = Client()
    client.force_login(User.objects.create_user("zo", is_staff=True))

    assert client.get(page("new_version", make_profile(None).pk)).status_code == 403
