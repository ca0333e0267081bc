"""The guide has every figure that is answered, in both languages, and no other."""

from __future__ import annotations

import pytest

from apps.reporting.api.report_output import FiguresOutput
from apps.reporting.rules.response_times import ERROR_MAX, GROWTH, bucket_of, percentile_ms
from apps.reporting.selectors.read_response_times import SIDES
from tests.docs.pages import read, rows, section

PAGES = [
    ("docs/guides/reports.md", "## Figures", "## Response times"),
    ("docs/guides/reports.fr.md", "## Les chiffres", "## Temps de réponse"),
]


@pytest.mark.parametrize(("page", "figures", "times"), PAGES)
def test_every_figure_and_every_side_is_defined(page, figures, times):
    told = [cells[0].strip("`") for cells in rows(section(read(page), figures))]
    sides = [cells[0].strip("`") for cells in rows(section(read(page), times))]

    assert told == list(FiguresOutput().fields)
    assert sides == list(SIDES)


def test_a_percentile_is_off_by_five_percent_at_most():
    assert ERROR_MAX < 0.05
    for milliseconds in [1, 3, 10, 333, 1_000, 29_999, 86_400_000]:
        found = percentile_ms({bucket_of(milliseconds): 7}, 0.95)
        assert found == pytest.approx(milliseconds, rel=ERROR_MAX, abs=1)
    assert percentile_ms({}, 0.5) is None
    # The p95 of a hundred is the 95th, the p50 of two the first.
    counts = {bucket_of(100): 94, bucket_of(5_000): 6}
    assert percentile_ms(counts, 0.94) == pytest.approx(100, rel=GROWTH - 1)
    assert percentile_ms(counts, 0.95) == pytest.approx(5_000, rel=GROWTH - 1)
