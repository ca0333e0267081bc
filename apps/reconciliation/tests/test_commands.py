import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from apps.payments.models import Payment
from apps.providers.models import ProviderAccount
from apps.reconciliation.management.commands import import_statement as module
from apps.reconciliation.models import Statement
from tests.factories import PaymentFactory, ProviderAccountFactory

from .reports import NOON, JsonReader, foreign_line, line_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def run(*words):
    output = StringIO()
    call_command(*words, stdout=output)
    return output.getvalue().splitlines()


@pytest.fixture
def account(monkeypatch):
    monkeypatch.setattr(module, "reader_for", lambda account: JsonReader())
    return ProviderAccountFactory()


def import_lines(account, path, *lines):
    path.write_text("\n".join(lines))
    return run("import_statement", str(path), "--account", account.public_id, "--day", "2026-03-10")


def test_whose_credentials_are_unreadable_is_said_in_a_sentence(tmp_path):
    account = ProviderAccountFactory()
    ProviderAccount.objects.filter(pk=account.pk).update(credentials_encrypted=b"rubbish")

    with pytest.raises(CommandError, match=f"{account.public_id}: the credentials .* cannot be"):
        import_lines(account, tmp_path / "report", "any")


def test_import_prints_counts_and_each_discrepancy(account, tmp_path):
    paid = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    unseen = PaymentFactory(succeeded=True, account=account, created_at=NOON)

    head, *sentences = import_lines(
        account, tmp_path / "report", line_of(paid, amount=5100), "cut;off", foreign_line()
    )

    assert head.endswith(
        "lines=3 matched=0 seen_before=0 superseded=0 broken=1 open=4 repaired=0 asked=0"
    )
    reference = paid.attempts.get().provider_reference
    assert sentences == [
        f"line 1: amount_differs ours 5\u202f000 XAF theirs 5\u202f100 XAF {reference}",
        "line 2: unreadable_line (not JSON)",
        "line 3: unknown_to_us theirs 700 XAF TX-another",
        f"no line: unknown_to_them ours 5\u202f000 XAF {unseen.attempts.get().pk}",
    ]


def test_import_refuses_a_file_that_is_no_statement(account, tmp_path):
    with pytest.raises(CommandError, match="unreadable_statement: Not one line could be read"):
        import_lines(account, tmp_path / "report", "cut;off")

    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    ("account_id", "file", "why"),
    [("pa_nonsense", "report", "no provider account"), ("", "absent", "absent: No such file")],
)
def test_import_says_what_it_cannot_find(account, tmp_path, account_id, file, why):
    with pytest.raises(CommandError, match=why):
        run(
            "import_statement",
            str(tmp_path / file),
            "--account",
            account_id or account.public_id,
            "--day",
            "2026-03-10",
        )


def test_check_is_clean_and_says_so():
    PaymentFactory(succeeded=True)

    *lines, total = run("check_books")

    assert all(line.endswith(" 0") for line in lines)
    assert total.startswith(f"{len(lines)} invariants, 0 violations")


def test_check_names_what_is_broken_and_fails():
    payment = PaymentFactory(succeeded=True)
    Payment.objects.update(amount=1, fee=0)
    output = StringIO()

    with pytest.raises(CommandError, match=r"[0-9]+ violations"):
        call_command("check_books", stdout=output)

    name = "I2 a succeeded payment is booked once, its amount, its fee and the tax on it"
    assert f"{name} 1 {payment.pk}" in output.getvalue().splitlines()


def book_of(payment, **changes):
    entry = {
        "reference": payment.attempts.get().statement_reference,
        "amount": payment.amount,
        "times_executed": 1,
    }
    return entry | changes


def check_against(tmp_path, entries, *, is_array):
    path = tmp_path / "mtn_momo.json"
    lines = [json.dumps(entry) for entry in entries]
    path.write_text("[" + ",\n".join(lines) + "]" if is_array else "\n".join(lines))
    return run("check_books", "--book", str(path))


@pytest.mark.parametrize("is_array", [True, False])
def test_books_that_agree_are_clean(tmp_path, is_array):
    paid, pending = PaymentFactory(succeeded=True), PaymentFactory(submitted=True)
    PaymentFactory(succeeded=True, livemode=True)

    check_against(tmp_path, [book_of(paid), book_of(pending, times_executed=0)], is_array=is_array)


@pytest.mark.parametrize(
    ("entries", "violations"),
    [
        (lambda paid, pending: [book_of(paid), book_of(pending)], 1),
        (lambda paid, pending: [book_of(paid, amount=4999)], 1),
        (lambda paid, pending: [book_of(paid), book_of(paid, reference="stray")], 1),
        (lambda paid, pending: [book_of(paid, times_executed=0)], 1),
        (lambda paid, pending: [], 1),
        # Twice by reference, and the payer of the payment twice.
        (lambda paid, pending: [book_of(paid, times_executed=2)], 2),
    ],
    ids=["not ours yet", "amount", "unknown", "not executed", "not there", "twice"],
)
def test_books_that_differ_are_found(tmp_path, entries, violations):
    paid, pending = PaymentFactory(succeeded=True), PaymentFactory(submitted=True)

    with pytest.raises(CommandError, match=f"{violations} violations"):
        check_against(tmp_path, entries(paid, pending), is_array=True)


def test_book_that_is_none_is_refused(tmp_path):
    with pytest.raises(CommandError, match="line 1"):
        check_against(tmp_path, [{"odd": 1}], is_array=True)
