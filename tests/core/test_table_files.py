"""Files for spreadsheets run nothing, by whichever mark a spreadsheet parts their cells."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.table_files import Table, csv_file

RUNS = ("=", "+", "-", "@")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@given(text=st.text(alphabet="a=+-@;,|\t\n\r\"' ", max_size=12))
def test_no_cell_of_a_csv_begins_as_a_formula_by_whatever_mark_it_is_read(mark, text):
    content = csv_file(Table("t", ["a", "b"], [[text, 1], [1, text]])).decode("utf-8-sig")

    for row in csv.reader(io.StringIO(content, newline=""), delimiter=mark):
        for cell in row:
            assert not cell.lstrip().startswith(RUNS)
