"""What is kept of a line holds no number of anybody's."""

import pytest

from apps.reconciliation.rules.cleaned import cleaned


@pytest.mark.parametrize(
    "number",
    [
        "22890112233", "90112233", "+228 90 11 22 33", "+228-90-11-22-33", "90 11 22 33",
        "77 123 45 67", "01 90 11 22 33", "77-12-34-56-78", "90.11.22.33",
        "77\u00a012\u00a034\u00a056\u00a078", "677\u202f00\u202f00\u202f03", "(77) 12 34 56 78",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "PAY;{};1500", "de {}, merci", "a\n{}\nb"])
def test_numbers_are_hidden_however_people_write_them(number, around):
    kept = cleaned(around.format(number), 200)

    assert number not in kept
    assert kept.count("•") >= 4


@pytest.mark.parametrize(
    "text",
    [
        "1 500 000", "12 500 000", "2026-03-01T10:00:00+00:00", "31/01/2026 10:00:00",
        "550e8400-e29b-41d4-a716-446655440000", "MP260301.1000.A12345", "a-12-34-56-78",
    ],
)  # fmt: skip
def test_what_is_no_number_stays(text):
    assert cleaned(f"x;{text};y", 200) == f"x;{text};y"
