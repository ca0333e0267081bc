"""A day of movements is asked for page by page, each once, whatever breaks on the way."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, date, datetime, time, timedelta

import pytest

from apps.providers import registry
from apps.providers.contract import HttpAnswer, OutcomeUnknown
from apps.reconciliation.models import Statement, StatementLine
from apps.statement_formats.selectors.reader_for import reader_for
from apps.statement_sources.models import FilePiece, ReceivedFile
from apps.statement_sources.rules.refusals import FileMoved, SourceInvalid
from apps.statement_sources.services import fetch_day as fetching
from apps.statement_sources.services import read_file as reading
from apps.statement_sources.services.ask_anew import ask_anew
from apps.statement_sources.services.discard_file import discard_file
from apps.statement_sources.services.poll_now import poll_now
from apps.statement_sources.transports import piece_store
from apps.statement_sources.transports.piece_store import read_pieces
from tests.fakes import open_account
from tests.killed import is_killed_at
from tests.providers.rails import CREDENTIALS
from tests.statement_sources.conftest import make_source, poll, read_all, switch_on, the_file

pytestmark = pytest.mark.django_db(transaction=True)

DAY = date(2026, 3, 10)
MORNING = datetime(2026, 3, 11, 5, 0, tzinfo=UTC)


class Wave:
    """Its list of movements: `days` has the items of each, `breaks_at` the calls that fail."""

    def __init__(self):
        self.days: dict[str, list[dict]] = {}
        self.asked: list[tuple[str, str]] = []
        self.breaks_at: dict[int, object] = {}
        self.page_size = 2

    def request(self, method, url, **_):
        query = dict(part.split("=") for part in url.partition("?")[2].split("&"))
        day, after = query["date"], query.get("after", "")
        self.asked.append((day, after))
        trouble = self.breaks_at.get(len(self.asked))
        if isinstance(trouble, Exception):
            raise trouble
        if trouble is not None:
            return trouble
        items = self.days.get(day, [])
        begin = int(after or 0)
        end = begin + self.page_size
        info = {"has_next_page": end < len(items), "end_cursor": str(end)}
        page = {"page_info": info, "date": day, "items": items[begin:end]}
        return HttpAnswer(200, {}, json.dumps(page, indent=1).encode())


def item(number, day=DAY, **changes):
    return {
        "timestamp": f"{day}T10:00:{number % 60:02}Z",
        "transaction_id": f"T_{number}",
        "transaction_type": "api_checkout",
        "amount": "1500",
        "fee": "15",
        "currency": "XOF",
        "is_reversal": False,
        "counterparty_mobile": "+221770000001",
        "client_reference": str(uuid.UUID(int=number, version=4)),
        **changes,
    }


@pytest.fixture
def wave(monkeypatch):
    provider = Wave()
    monkeypatch.setattr(registry, "_transport", provider)
    registry._instances.clear()
    yield provider
    registry._instances.clear()


@pytest.fixture
def account(db, monkeypatch):
    # Not the other tests' reader: Wave's own.
    monkeypatch.setattr(reading, "reader_for", reader_for)
    account_id = uuid.uuid4()
    credentials = {"base_url": "https://wave.test", **CREDENTIALS["wave"]}
    return open_account(
        id=account_id,
        connector="wave",
        country="SN",
        currency="XOF",
        timezone="Africa/Dakar",
        credentials_encrypted=registry.encrypt_credentials(account_id, credentials),
    )


@pytest.fixture
def source(morning, account, wave):
    made = make_source(account, way="api", name_pattern="", first_day=DAY, poll_times=[time(4)])
    return switch_on(made)


def pages_of(file):
    return b"".join(read_pieces(file.pk))


def test_a_day_comes_page_by_page_is_kept_as_it_came_and_read_once(wave, source):
    wave.days[str(DAY)] = [item(number) for number in range(5)]

    poll(source)
    read_all()
    for _again in range(2):
        poll(source)
        read_all()

    file = the_file()
    assert (file.status, file.day, file.name) == ("imported", DAY, f"movements_{DAY}")
    assert wave.asked == [(str(DAY), ""), (str(DAY), "2"), (str(DAY), "4")]
    assert bytes(file.sha256) == hashlib.sha256(pages_of(file)).digest()
    pages = [json.loads(page) for page in pages_of(file).split(b"\x1e")[1:]]
    assert [len(page["items"]) for page in pages] == [2, 2, 1]
    assert Statement.objects.get().lines_read == 5
    assert StatementLine.objects.count() == 5
    assert Statement.objects.get().status == Statement.Status.MATCHED
    assert b"T_1" not in bytes(FilePiece.objects.first().content_encrypted)


@pytest.mark.parametrize("way_down", ["a broken line", "429", "junk"])
def test_a_break_keeps_the_place_and_no_page_is_asked_for_or_counted_twice(
    wave, source, morning, way_down
):
    wave.days[str(DAY)] = [item(number) for number in range(6)]
    wave.breaks_at[2] = {
        "a broken line": OutcomeUnknown("it broke"),
        "429": HttpAnswer(429, {}, b'{"code":"too-many-requests"}'),
        "junk": HttpAnswer(200, {}, b"<html>"),
    }[way_down]

    poll(source)
    source.refresh_from_db()
    assert source.failures == 1 and source.due_at is not None
    assert the_file().position == "2"
    poll(source)
    read_all()

    assert [after for _, after in wave.asked] == ["", "2", "2", "4"]
    assert Statement.objects.get().lines_read == 6
    source.refresh_from_db()
    assert (source.failures, source.failing_since) == (0, None)


ASKING = ["sources.ask.between_pages", "sources.ask.after_commit"]


@pytest.mark.parametrize("place", [*ASKING, "sources.fetch.before_commit"])
def test_a_process_killed_between_pages_costs_none_of_them(wave, source, place):
    wave.days[str(DAY)] = [item(number) for number in range(5)]

    assert is_killed_at(place, lambda: poll(source))
    poll(source)
    read_all()

    assert Statement.objects.get().lines_read == 5
    assert ReceivedFile.objects.count() == 1
    assert StatementLine.objects.values("provider_reference").distinct().count() == 5


def test_a_place_that_leads_nowhere_is_given_up_and_the_day_asked_for_anew(wave, source):
    wave.days[str(DAY)] = [item(number) for number in range(4)]
    gone = HttpAnswer(400, {}, b'{"code":"request-validation-error"}')
    wave.breaks_at = dict.fromkeys((2, 3, 4), gone)

    for _try in range(4):
        poll(source)
    read_all()

    assert [after for _, after in wave.asked] == ["", "2", "2", "2", "", "2"]
    assert Statement.objects.get().lines_read == 4


def test_a_discarded_day_is_asked_for_anew_and_kept_beside_what_comes(wave, source, morning):
    wave.days[str(DAY)] = [item(1, amount="cut")]
    poll(source)
    read_all()
    cut = the_file()
    by = {"file_id": cut.pk, "reason": "They sent half of it.", "actor": "user:1"}
    with pytest.raises(FileMoved):
        ask_anew(**by, now=morning.now)
    discard_file(**by, now=morning.now)
    poll(source)
    assert ReceivedFile.objects.count() == 1
    wave.days[str(DAY)] = [item(1), item(2)]

    ask_anew(**by, now=morning.now)
    with pytest.raises(FileMoved):
        ask_anew(**by, now=morning.now)
    poll(source)
    read_all()

    assert Statement.objects.get().lines_read == 2
    assert ReceivedFile.objects.get(status="discarded").pk == cut.pk
    assert the_file(status="imported").name == f"movements_{DAY}"


def test_the_pages_of_two_wallets_are_never_one_file(wave, source, account):
    wave.days[str(DAY)] = [item(number) for number in range(4)]
    wave.breaks_at[2] = OutcomeUnknown("it broke")
    poll(source)
    other = {
        "base_url": "https://wave.test",
        **CREDENTIALS["wave"],
        "api_key": "wave_sn_another_wallet_0000000000",
    }
    account.credentials_encrypted = registry.encrypt_credentials(account.pk, other)
    account.save()
    wave.days[str(DAY)] = [item(number) for number in range(10, 13)]

    poll(source)
    read_all()

    assert sorted(StatementLine.objects.values_list("provider_reference", flat=True)) == [
        "T_10",
        "T_11",
        "T_12",
    ]


def test_a_day_that_is_not_over_is_not_asked_for(wave, source, morning):
    morning.now = MORNING.replace(hour=3)
    poll(source)
    assert wave.asked == []

    morning.now = MORNING + timedelta(days=2)
    poll(source)

    assert [day for day, _ in wave.asked] == ["2026-03-12", "2026-03-11", "2026-03-10"]


def test_a_day_on_which_nothing_moved_is_a_statement_without_lines(wave, source):
    poll(source)
    read_all()

    file = the_file()
    assert (file.status, file.problem) == ("imported", "")
    assert Statement.objects.get().lines_read == 0


def test_a_day_larger_than_the_source_takes_waits_for_a_person_and_is_not_asked_again(
    wave, source, monkeypatch
):
    wave.days[str(DAY)] = [item(number, note="x" * 700_000) for number in range(4)]
    type(source).objects.filter(pk=source.pk).update(size_max_mb=2)

    poll(source)
    poll(source)

    file = the_file()
    assert (file.status, file.problem) == ("quarantined", "too_large")
    assert not FilePiece.objects.exists()
    assert len(wave.asked) == 2


def test_pages_that_lead_in_a_circle_are_never_one_file(wave, source):
    wave.days[str(DAY)] = [item(number) for number in range(9)]
    turns_back = {"has_next_page": True, "end_cursor": "2"}
    page = {"page_info": turns_back, "date": str(DAY), "items": [item(5)]}
    wave.breaks_at = dict.fromkeys((3, 6), HttpAnswer(200, {}, json.dumps(page).encode()))

    for _try in range(2):
        poll(source)
        assert (the_file().status, the_file().position) == ("fetching", "")
        assert not FilePiece.objects.exists()
    poll(source)
    read_all()

    assert [after for _, after in wave.asked[:6]] == ["", "2", "4"] * 2
    assert Statement.objects.get().lines_read == 9


def test_a_list_that_never_ends_waits_for_a_person(wave, source, monkeypatch):
    monkeypatch.setattr(fetching, "PIECES_MAX", 3)
    wave.days[str(DAY)] = [item(number) for number in range(40)]

    poll(source)

    assert (the_file().status, the_file().problem) == ("quarantined", "too_large")
    assert len(wave.asked) == 4


@pytest.mark.parametrize("place", ["2\x00", "\ud800", "x" * 501], ids=["zero", "half", "long"])
def test_a_place_that_no_row_can_hold_is_not_agreed_upon(wave, source, place):
    page = {
        "page_info": {"has_next_page": True, "end_cursor": place},
        "date": str(DAY),
        "items": [item(1)],
    }
    wave.breaks_at[1] = HttpAnswer(200, {}, json.dumps(page).encode())
    wave.days[str(DAY)] = [item(1)]

    poll(source)
    source.refresh_from_db()
    assert (source.failures, source.failure) == (1, "api_answer")
    poll(source)
    read_all()

    assert Statement.objects.get().lines_read == 1


@pytest.mark.parametrize("said", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_an_instant_that_no_date_has_costs_its_line_alone(wave, source, said):
    wave.days[str(DAY)] = [item(1), item(2), item(3, timestamp=said)]

    poll(source)
    read_all()

    problems = StatementLine.objects.exclude(problem="").values_list("problem", flat=True)
    assert list(problems) == ["timestamp: not a time"]
    assert StatementLine.objects.filter(problem="").count() == 2


def test_a_page_larger_than_a_piece_is_kept_whole(wave, source, monkeypatch):
    monkeypatch.setattr(fetching, "PIECE_BYTES", 100)
    monkeypatch.setattr(piece_store, "PIECE_BYTES", 100)
    wave.days[str(DAY)] = [item(number) for number in range(3)]

    poll(source)
    read_all()

    assert FilePiece.objects.count() > 3
    assert Statement.objects.get().lines_read == 3


def test_lines_of_another_day_wait_for_a_person(wave, source):
    wave.days[str(DAY)] = [item(1, day=DAY - timedelta(days=3))]

    poll(source)
    read_all()

    assert the_file().status == "quarantined"
    assert not StatementLine.objects.exists()


def test_a_rail_whose_api_lists_nothing_has_no_such_source(morning, db):
    with pytest.raises(SourceInvalid) as refused:
        make_source(open_account(), way="api", name_pattern="")

    assert refused.value.field == "way"


def test_it_is_looked_at_at_once_when_a_person_says_so(wave, source, morning):
    looked = poll_now(source_id=source.pk, actor="user:1", now=morning.now)

    assert looked.due_at == morning.now


def test_a_day_that_cannot_be_had_keeps_none_of_the_others(wave, source, morning):
    morning.now = MORNING + timedelta(days=3)
    # Of the four days the second newest is refused, again and again.
    wave.breaks_at = {2: HttpAnswer(400, {}, b'{"code":"request-validation-error"}')}

    poll(source)

    source.refresh_from_db()
    assert (source.failure, source.failing_since) == ("api", morning.now)
    assert sorted(
        ReceivedFile.objects.filter(sha256__isnull=False).values_list("name", flat=True)
    ) == [
        "movements_2026-03-10",
        "movements_2026-03-11",
        "movements_2026-03-13",
    ]


def test_a_provider_that_answers_nothing_is_soon_let_alone(wave, source, morning):
    morning.now = MORNING + timedelta(days=20)
    wave.breaks_at = {call: HttpAnswer(503, {}, b"") for call in range(1, 30)}

    poll(source)

    assert len(wave.asked) == 3
