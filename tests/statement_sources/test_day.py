"""How far the reports of a day have come, and who is told when they have not."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.urls import reverse

from apps.reconciliation.tests.reports import DAY, foreign_line, stage_and_match
from apps.statement_sources.models import ReceivedFile, StatementSource
from apps.statement_sources.selectors.day_progress import Stage, day_progress
from apps.statement_sources.selectors.find_failing_sources import find_failing_sources
from apps.statement_sources.selectors.find_late import find_late
from apps.statement_sources.selectors.find_waiting_files import find_waiting_files
from tests.admin.conftest import admin
from tests.factories import ProviderAccountFactory
from tests.statement_sources.conftest import MORNING
from tests.statement_sources.rows import new_file, new_source

pytestmark = pytest.mark.django_db

__all__ = ["admin"]

LATE = MORNING + timedelta(hours=2)
WANTED = {"age_s": 1800, "includes_test": True}


@pytest.fixture
def source(account):
    found = new_source(account, now=MORNING)
    found.latest_time, found.first_day = time(8), DAY
    found.save()
    return found


def stage_of(now=MORNING, day=DAY):
    (found,) = day_progress(sources=StatementSource.objects.all(), day=day, now=now)
    return found.stage


def test_a_report_goes_from_expected_to_matched(source, account):
    stages = [stage_of(MORNING), stage_of(LATE)]
    file = new_file(
        source, now=MORNING, day=DAY, status="fetched", problem="", waiting_since=None, due_at=None
    )
    stages.append(stage_of())
    statement, _ = stage_and_match(account, foreign_line(), now=MORNING)
    ReceivedFile.objects.filter(pk=file.pk).update(status="imported", statement=statement)
    (found,) = day_progress(sources=StatementSource.objects.all(), day=DAY, now=LATE)

    assert stages == [Stage.EXPECTED, Stage.LATE, Stage.FETCHED]
    assert (found.stage, found.lines, found.exceptions, found.by_hand) == (
        Stage.MATCHED,
        1,
        1,
        False,
    )
    assert stage_of(day=DAY - timedelta(days=1)) == Stage.NOT_EXPECTED


def test_a_report_that_was_uploaded_is_there_too(source, account):
    stage_and_match(account, foreign_line(), now=MORNING)

    (found,) = day_progress(sources=StatementSource.objects.all(), day=DAY, now=LATE)

    assert (found.stage, found.by_hand) == (Stage.MATCHED, True)
    assert not list(find_late(WANTED, LATE))


def test_a_day_costs_the_same_however_many_accounts_there_are(
    source, django_assert_max_num_queries
):
    for _ in range(5):
        new_source(ProviderAccountFactory(), now=MORNING)

    with django_assert_max_num_queries(4):
        day_progress(sources=StatementSource.objects.all(), day=DAY, now=MORNING)


def test_a_report_that_is_late_is_told_by_the_hour_of_its_source(source):
    assert not list(find_late(WANTED, LATE - timedelta(minutes=1)))

    (found,) = find_late(WANTED, LATE)
    assert (found.facts["days"], found.facts["day"]) == (1, DAY.isoformat())

    new_file(source, now=LATE, day=DAY)
    assert not list(find_late(WANTED, LATE))
    (waiting,) = find_waiting_files(WANTED, LATE)
    assert waiting.facts["count"] == 1


def test_a_source_that_fails_is_told_and_another_host_key_at_once(source):
    rows = StatementSource.objects.filter(pk=source.pk)
    rows.update(failing_since=MORNING, failure="connection", due_at=LATE)
    assert not list(find_failing_sources(WANTED, MORNING + timedelta(minutes=29)))
    (found,) = find_failing_sources(WANTED, MORNING + timedelta(minutes=30))
    assert found.severity == ""

    rows.update(failure="host_key", due_at=None)
    (found,) = find_failing_sources(WANTED, MORNING)

    assert found.severity == "critical"
    rows.update(is_enabled=False)
    assert not list(find_failing_sources(WANTED, LATE))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_of_a_day_shows_each_account_with_its_bar(source, admin, language):
    new_file(source, now=MORNING, day=DAY)
    address = reverse("admin:statement_sources_day")

    shown = admin.get(f"{address}?day={DAY}", headers={"accept-language": language})

    assert shown.status_code == 200
    text = shown.content.decode()
    assert source.provider_account.label in text and 'value="50"' in text
    for strange in ("", "0001-01-01", "9999-12-31", "yesterday", "2026-02-30"):
        assert admin.get(address, {"day": strange}).status_code == 200
    assert admin.get(address).status_code == 200
