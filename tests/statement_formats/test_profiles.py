"""What reads the statements of an account, and how that is changed: in versions, by two people."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEntry
from apps.reconciliation.models import Statement, StatementLine
from apps.reconciliation.services.import_statement import UnreadableStatement, import_statement
from apps.reconciliation.tests.reports import JsonReader
from apps.statement_formats.models import StatementProfile, StatementProfileVersion
from apps.statement_formats.rules.check_layout import LayoutRefused, read_layout
from apps.statement_formats.rules.layout import layout_as_json
from apps.statement_formats.selectors import reader_for as module
from apps.statement_formats.selectors.reader_for import (
    ProfileReader,
    StatementsNotRead,
    own_reference,
    reader_for,
)
from apps.statement_formats.services.add_version import StatementProfileChanged
from tests.factories import ProviderAccountFactory
from tests.statement_formats.conftest import activate
from tests.statement_formats.files import CAMT, LINE, TABLE, camt, details, entry, statement, table

pytestmark = pytest.mark.django_db

DAY = date(2026, 1, 31)
NOW = datetime(2026, 2, 1, 5, tzinfo=UTC)
XAF = LINE.replace("XOF", "XAF")


def imported(account, content):
    statement, _summary = import_statement(
        provider_account=account,
        day=DAY,
        file=io.BytesIO(content.encode() if isinstance(content, str) else content),
        file_name="report.csv",
        reader=reader_for(account),
        now=NOW,
    )
    return statement


def test_the_accounts_own_profile_comes_before_its_providers(account, make_profile):
    shared = make_profile(name="All", is_shared=True)
    other = ProviderAccountFactory()
    own = make_profile()

    assert reader_for(account).version.profile == own
    assert reader_for(other).version.profile == shared


@pytest.fixture
def connector(monkeypatch):
    found = JsonReader()
    monkeypatch.setattr(module, "connector_for", lambda account: found)
    return found


def test_without_a_version_the_connector_reads(account, make_profile, connector):
    assert reader_for(account) is connector

    make_profile(None)
    assert reader_for(account) is connector


def test_a_version_may_give_the_reading_back_to_the_connector(account, make_profile, connector):
    profile = make_profile()
    assert isinstance(reader_for(account), ProfileReader)

    activate(profile, {"format": "connector"}, after_number=1)

    assert reader_for(account) is connector


def test_a_provider_whose_statements_nobody_reads_is_said(account, monkeypatch):
    monkeypatch.setattr(module, "connector_for", lambda account: object())

    with pytest.raises(StatementsNotRead):
        reader_for(account)


def test_a_statement_remembers_what_read_it_whatever_comes_later(account, make_profile):
    profile = make_profile()
    first = imported(account, table(XAF, XAF.replace("1500", "1,500").replace("T1", "T2")))
    activate(profile, TABLE | {"decimal_mark": ","}, after_number=1)

    second = imported(account, table(XAF.replace("a1;T1", "a3;T3")))

    versions = profile.versions.order_by("number")
    assert [first.profile_version_id, second.profile_version_id] == [one.pk for one in versions]
    assert versions[0].valid_until == versions[1].valid_from
    # The good line goes on, the bad one waits for a person with its reason.
    assert list(first.lines.values_list("amount", "problem").order_by("line_number")) == [
        (1500, ""), (None, "C3 (Montant): This amount can be read in two ways."),
    ]  # fmt: skip


def test_our_reference_is_known_however_the_file_writes_it(account):
    reference = uuid4()

    for written in (str(reference), reference.hex, reference.hex.upper()):
        assert own_reference(written, "mtn_momo") == str(reference)
    assert own_reference("order-7", "mtn_momo") == "order-7"


@pytest.mark.parametrize(
    "content",
    [
        camt(statement(entry(1500, details("a1", 1500)), closing=1)),
        camt(statement(entry(1500, details("a1", 1500))))[:-30],
        camt(statement(entry(1500, details("a1", 1500)), account="CI00OTHER")),
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">' + camt(statement()),
    ],
    ids=["sums", "cut off", "another account", "external entity"],
)
def test_of_a_file_that_is_refused_as_a_whole_nothing_is_kept(account, make_profile, content):
    make_profile(CAMT)

    with pytest.raises(UnreadableStatement):
        imported(account, content)

    assert not Statement.objects.exists() and not StatementLine.objects.exists()


def test_a_file_that_is_re_sorted_or_repeated_is_read_line_by_line_alike(account, make_profile):
    make_profile()
    lines = [XAF.replace("a1;T1", f"a{n};T{n}") for n in range(3)]
    first = imported(account, table(*lines))

    again = imported(account, table(*lines))
    turned = imported(account, table(*reversed(lines)))

    assert again == first
    of = [
        sorted(one.lines.values_list("reference", "amount", "occurred_at"))
        for one in (first, turned)
    ]
    assert of[0] == of[1]


def test_the_command_reads_by_the_profile_too(account, make_profile, tmp_path):
    profile = make_profile()
    file = tmp_path / "report.csv"
    file.write_text(table(XAF))

    call_command("import_statement", file, account=account.public_id, day=DAY)

    assert Statement.objects.get().profile_version_id == profile.versions.get().pk


def test_a_version_says_who_wrote_and_who_approved_it(make_profile):
    version = make_profile().versions.get()

    assert version.requested_by != version.approved_by
    told = AuditEntry.objects.get(action="statement_profile.activated").detail
    assert (told["id"], told["requested_by"]) == (str(version.pk), version.requested_by)
    with pytest.raises(IntegrityError), transaction.atomic():
        StatementProfileVersion.objects.create(
            profile=version.profile, number=9, layout={}, requested_by="user:1",
            approved_by="user:1", valid_from=NOW, valid_until=NOW,
        )  # fmt: skip


def test_a_version_of_what_was_changed_meanwhile_is_refused(make_profile):
    profile = make_profile()

    with pytest.raises(StatementProfileChanged):
        activate(profile, TABLE)

    assert profile.versions.count() == 1


def test_two_profiles_of_the_same_accounts_cannot_be(account, make_profile):
    make_profile(None, is_shared=True)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_profile(None, name="other", is_shared=True)

    assert StatementProfile.objects.count() == 1


def test_a_banks_statement_needs_an_account_and_a_profile_of_its_own(make_profile):
    with pytest.raises(LayoutRefused):
        make_profile(CAMT, is_shared=True)
    with pytest.raises(LayoutRefused):
        read_layout({"format": "camt"})


COLUMNS = TABLE["columns"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"format": "word"}, "format"),
        ({"delimiter": ""}, "delimiter"),
        ({"delimiter": ";;"}, "delimiter"),
        ({"quote": ";"}, "quote"),
        ({"encoding": "klingon"}, "encoding"),
        ({"encoding": "base64"}, "encoding"),
        ({"encoding": "utf-7"}, "encoding"),
        ({"rows_above": 51}, "rows_above"),
        ({"decimal_mark": ";"}, "decimal_mark"),
        ({"decimal_mark": ",", "grouping_mark": ","}, "grouping_mark"),
        ({"date_format": "%d/%m"}, "date_format"),
        ({"date_format": "jour"}, "date_format"),
        ({"time_format": "%M"}, "time_format"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"currency": "ABC"}, "currency"),
        ({"outcomes": {"OK": "perhaps"}}, "outcomes"),
        ({"outcomes": {}}, "outcomes"),
        ({"operations": {"X": "steal"}}, "operations"),
        ({"operation_in": "steal"}, "operation_in"),
        ({"fee_basis_points": "20000"}, "fee_basis_points"),
        ({"fee_basis_points": "x"}, "fee_basis_points"),
        ({"fee_fixed": -1}, "fee_fixed"),
        ({"fee_fixed": 5}, "fee_basis_points"),
        ({"columns": COLUMNS | {"date": ""}}, "columns"),
        ({"columns": COLUMNS | {"debit": "X"}}, "amount"),
        ({"columns": {"date": "D", "amount": "M", "reference": "R"}}, "currency"),
        ({"columns": {"date": "D", "amount": "M", "currency": "C"}}, "reference"),
        ({"has_heading": False}, "reference"),
        ({"format": "fixed_width"}, "reference"),
        ({"columns": {"phase": "of the moon"}}, "columns"),
        ({"colour": "red"}, ""),
    ],
    ids=str,
)
def test_a_layout_that_nothing_can_be_read_by_is_refused_with_its_field(wrong, field):
    with pytest.raises(LayoutRefused) as caught:
        read_layout(TABLE | wrong)

    assert (caught.value.field, caught.value.code) == (field, "statement_layout_refused")


def test_what_is_kept_of_a_layout_is_read_as_the_same():
    layout = read_layout(TABLE | {"footer_words": ["Fin"], "fee_basis_points": ""})

    assert read_layout(layout_as_json(layout)) == layout
