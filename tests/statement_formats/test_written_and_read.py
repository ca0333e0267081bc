"""Any table of movements, written in any layout, is read back as it was; a damaged cell costs its
line and no other, and never becomes another amount."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.tables.cells import FileRefused
from apps.providers.contract import Outcome
from apps.statement_formats.rules.layout import FIELDS
from tests.statement_formats.files import ZONE, read, records, refusals, sheet, written

# What looks like a number that a spreadsheet has cut is refused, and is not among these.
REFERENCES = st.text("abcdXYZ0123456789-._", min_size=1, max_size=30).map("R".__add__)
MOVEMENT = st.fixed_dictionaries(
    {
        "reference": REFERENCES,
        "provider_reference": REFERENCES,
        "amount": st.integers(1, 10**12),
        "fee": st.integers(0, 10**6),
        "outcome": st.sampled_from([Outcome.SUCCEEDED, Outcome.FAILED]),
        "moment": st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2035, 1, 1)),  # noqa: DTZ001
    }
)
MOVEMENTS = st.lists(MOVEMENT, min_size=1, max_size=4)
WORDS = {Outcome.SUCCEEDED: "Succès", Outcome.FAILED: "Échec"}
DATES = ["%d/%m/%Y %H:%M:%S", "%Y%m%d%H%M%S", "%d %b %Y %H:%M:%S", "%m-%d-%Y %H:%M:%S"]
WIDTH = 40
COLUMNS = {
    "reference": "Réf",
    "provider_reference": "Transaction n°",
    "amount": "Montant",
    "fee": "Frais",
    "status": "Statut",
    "date": "Date",
}


@st.composite
def layouts(draw):
    """A layout, and how its amounts are written."""
    order = draw(st.permutations(list(COLUMNS)))
    decimal, grouping = draw(
        st.sampled_from([("", ""), (",", " "), (",", "."), (".", ","), (".", "'"), ("", " ")])
    )
    kind = draw(st.sampled_from(["csv", "fixed_width", "spreadsheet"]))
    has_heading = draw(st.booleans())
    columns = {name: COLUMNS[name] for name in order}
    if kind == "fixed_width":
        columns = {
            name: f"{place * WIDTH + 1}-{(place + 1) * WIDTH}" for place, name in enumerate(order)
        }
    elif not has_heading:
        columns = {name: str(place) for place, name in enumerate(order, 1)}
    return {
        "format": kind,
        "delimiter": draw(st.sampled_from([";", ",", "\t", "|"])),
        "quote": draw(st.sampled_from(['"', "'"])) if grouping != "'" else '"',
        "has_heading": has_heading,
        "rows_above": draw(st.integers(0, 3)),
        "columns": columns,
        "currency": "XOF",
        "decimal_mark": decimal,
        "grouping_mark": grouping,
        "date_format": draw(st.sampled_from(DATES)),
        "outcomes": {"succès": "succeeded", "échec": "failed"},
    }


def amount_text(amount, layout):
    digits = f"{amount:,}".replace(",", layout["grouping_mark"])
    return digits + (layout["decimal_mark"] + "00" if layout["decimal_mark"] else "")


def cells_of(movement, layout):
    cells = {
        "reference": movement["reference"],
        "provider_reference": movement["provider_reference"],
        "amount": amount_text(movement["amount"], layout),
        "fee": amount_text(movement["fee"], layout),
        "status": WORDS[movement["outcome"]],
        "date": movement["moment"].strftime(layout["date_format"]),
    }
    return [cells[name] for name in layout["columns"]]


def file_of(rows, layout):
    above = [["Relevé"]] * layout["rows_above"]
    heading = [[COLUMNS[name] for name in layout["columns"]]] if layout["has_heading"] else []
    every = [*above, *heading, *rows]
    if layout["format"] == "spreadsheet":
        return sheet(*every)
    if layout["format"] == "fixed_width":
        return "\n".join("".join(cell.ljust(WIDTH) for cell in row) for row in every).encode()
    text = written(every, delimiter=layout["delimiter"], quote=layout["quote"])
    return text.encode()


def first_line(layout):
    return layout["rows_above"] + layout["has_heading"] + 1


def as_read(record):
    return (record.reference, record.provider_reference, record.amount, record.fee, record.outcome)


def as_written(movement):
    names = ("reference", "provider_reference", "amount", "fee", "outcome")
    return tuple(movement[name] for name in names)


@settings(max_examples=60)
@given(MOVEMENTS, layouts())
def test_what_was_written_in_any_layout_is_read_back(movements, layout):
    content = file_of([cells_of(one, layout) for one in movements], layout)

    lines = read(content, layout)

    assert [as_read(line) for line in lines] == [as_written(one) for one in movements]
    assert [line.occurred_at for line in lines] == [
        one["moment"].replace(microsecond=0, tzinfo=ZONE) for one in movements
    ]


# What a person, a spreadsheet or a broken line makes of a cell, that nobody can take for another.
DAMAGES = {
    "reference": ["2.21E+11", "221771234567890000"],
    "provider_reference": ["9,9E+15", "100000000000000000"],
    "amount": ["", "abc", "1E+05", "12,34,5", "-5", "1 50", "=A1+B2", "5 EUR", "#REF!"],
    "fee": ["abc", "-5", "1 50", "#REF!"],
    "status": ["", "Succè", "OK?"],
    "date": ["", "hier", "2026", "99/99/9999 10:00:00"],
}


@settings(max_examples=60)
@given(MOVEMENTS, layouts(), st.data())
def test_a_damaged_cell_costs_its_line_and_no_other(movements, layout, data):
    rows = [cells_of(one, layout) for one in movements]
    spoiled = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(sorted(DAMAGES)))
    rows[spoiled][list(layout["columns"]).index(name)] = data.draw(st.sampled_from(DAMAGES[name]))
    kept = [as_written(one) for number, one in enumerate(movements) if number != spoiled]

    try:
        items = read(file_of(rows, layout), layout)
    except FileRefused:
        # The whole is named, and nothing of it is kept.
        return

    assert [as_read(one) for one in records(items)] == kept
    assert [number for number, _code in refusals(items)] == [first_line(layout) + spoiled]
    assert name in FIELDS
