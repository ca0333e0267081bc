"""Names, hours and keys: what is read of them, and what is refused."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import asyncssh
import hypothesis
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from apps.statement_sources.rules.name_pattern import (
    check_name_pattern,
    day_in_name,
    fits,
    is_partial,
)
from apps.statement_sources.rules.refusals import ConnectionInvalid, SourceInvalid
from apps.statement_sources.rules.schedule import expected_days, late_from, next_poll
from apps.statement_sources.rules.ssh_keys import as_lines, fingerprints, read_keys

ZONE = "Africa/Douala"


@pytest.mark.parametrize(
    ("pattern", "name", "day"),
    [
        ("momo_{year}{month}{day}.csv", "momo_20260310.csv", date(2026, 3, 10)),
        ("{day}-{month}-{yy}_*.txt", "10-03-26_0815.txt", date(2026, 3, 10)),
        ("a.b_{year}-{month}-{day}", "a.b_2026-02-29", None),
        ("a.b_{year}-{month}-{day}", "aXb_2026-02-28", None),
        ("momo_*.csv", "momo_x.csv", None),
        ("{year}{month}{day}", "00000000", None),
    ],
)
def test_the_day_is_read_where_the_pattern_has_it(pattern, name, day):
    check_name_pattern(pattern)
    assert day_in_name(pattern, name, offset=0) == day


def test_a_file_named_for_the_day_it_was_made_on_covers_the_day_before():
    assert day_in_name("{year}{month}{day}", "20260301", offset=1) == date(2026, 2, 28)


@given(st.integers(400_000, 3_600_000).map(date.fromordinal), st.integers(0, 7))
def test_every_day_comes_back_from_its_name(day, offset):
    named = day_in_name("r_{year}{month}{day}_*", f"r_{day:%Y%m%d}_1", offset=offset)
    assert named == day - timedelta(days=offset)


@pytest.mark.parametrize(
    "pattern",
    [
        "", " ", "a/b", "{years}", "{day}", "{year}{month}", "{year}{yy}{month}{day}", "{day",
        "*_*", "{month}{month}{day}{year}", "x" * 121, "}",
    ],
)  # fmt: skip
def test_a_pattern_that_says_nothing_sure_is_refused(pattern):
    with pytest.raises(SourceInvalid):
        check_name_pattern(pattern)


@hypothesis.settings(max_examples=30)
@given(st.text(max_size=20))
def test_no_text_is_an_expression(text):
    pattern = text.replace("*", "").replace("{", "").replace("}", "").replace("/", "")
    assert fits(pattern, pattern)


def test_the_usual_names_of_what_is_still_written_are_known():
    assert all(map(is_partial, [".a", "a.part", "a.TMP", "a.filepart", "a~", "a.csv.partial"]))
    assert not is_partial("a.csv")


def moment(hour, minute=0):
    """Of the account's zone, which is an hour ahead."""
    return datetime(2026, 3, 11, hour - 1, minute, tzinfo=UTC)


SCHEDULE = {"poll_times": [time(4), time(6)], "latest_time": time(8), "zone": ZONE}


@pytest.mark.parametrize(
    ("now", "changes", "due"),
    [
        (moment(3), {}, moment(4)),
        (moment(4), {}, moment(6)),
        (moment(7), {}, moment(4) + timedelta(days=1)),
        (moment(4, 30), {"is_missing": True}, moment(4, 45)),
        (moment(5, 50), {"is_missing": True}, moment(6)),
        (moment(7), {"is_missing": True}, moment(7, 15)),
        # From when on it is late, somebody is told.
        (moment(8), {"is_missing": True}, moment(4) + timedelta(days=1)),
        (moment(3), {"is_missing": True}, moment(4)),
        (moment(7), {"is_arriving": True}, moment(7, 1)),
        (moment(7), {"failures": 1}, moment(7, 1)),
        (moment(7), {"failures": 6}, moment(8)),
        (moment(7), {"failures": 7}, moment(4) + timedelta(days=1)),
        (moment(5, 50), {"failures": 6}, moment(6)),
    ],
)
def test_when_a_source_is_looked_at_next(now, changes, due):
    assert next_poll(now=now, **SCHEDULE, **changes) == due


@given(
    st.integers(0, 366 * 86_400).map(lambda s: moment(4) + timedelta(seconds=s)),
    st.lists(st.times(), min_size=1, max_size=4),
    st.sampled_from(["Africa/Douala", "Africa/Casablanca", "Europe/Paris", "UTC"]),
    st.integers(0, 40),
)
def test_every_source_is_looked_at_within_a_day_and_never_at_once_again(now, hours, zone, failures):
    due = next_poll(
        poll_times=[hour.replace(microsecond=0, fold=0) for hour in hours],
        latest_time=time(8),
        zone=zone,
        now=now,
        failures=failures,
    )
    assert now < due <= now + timedelta(hours=26)


def test_reports_are_expected_of_the_days_that_have_one():
    week = expected_days(
        first=date(2026, 3, 2),
        last=date(2026, 3, 8),
        first_day=date(2026, 3, 3),
        weekdays=[0, 1, 2],
    )
    assert list(week) == [date(2026, 3, 3), date(2026, 3, 4)]
    late = late_from(date(2026, 3, 10), latest_time=time(8), zone=ZONE)
    assert late == datetime(2026, 3, 11, 7, 0, tzinfo=UTC)


KEY = asyncssh.generate_private_key("ssh-ed25519")
LINE = KEY.export_public_key().decode().strip()


def test_keys_are_read_as_people_paste_them():
    text = f"# theirs\n{LINE} awa@laptop\n\n[sftp.example]:2222 {LINE}\n"

    keys = read_keys(text, field="host_keys")

    assert as_lines(keys).splitlines() == [" ".join(LINE.split()[:2])] * 2
    assert fingerprints(as_lines(keys))[0] == f"ssh-ed25519 {KEY.get_fingerprint()}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "rubbish",
        KEY.export_private_key().decode(),
        asyncssh.generate_private_key("ssh-rsa", key_size=1024).export_public_key().decode(),
        "\n".join([LINE] * 9),
        f'command="id" {LINE} x'.replace("ssh-ed25519", "ssh-dss"),
    ],
    # The keys are others in every process.
    ids=["none", "a word", "cut", "rubbish", "a secret", "short", "many", "of old"],
)
def test_what_is_no_key_of_today_is_refused(text):
    with pytest.raises(ConnectionInvalid):
        read_keys(text, field="host_keys")


def test_nothing_of_ours_connects_without_pinned_host_keys():
    """asyncssh switches the check off for `known_hosts=None`, and reads files of the machine's
    without the word."""
    calls = 0
    for path in Path(settings.BASE_DIR, "apps").rglob("*.py"):
        text = "" if "tests" in path.parts else path.read_text()
        for node in ast.walk(ast.parse(text if "asyncssh" in text else "")):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("asyncssh.connect"):
                said = {word.arg: ast.unparse(word.value) for word in node.keywords}
                assert said.get("known_hosts", "None") not in ("None", "()", "[]"), path
                assert said["config"] == said["agent_path"] == "None", path
                calls += 1
    assert calls == 1
