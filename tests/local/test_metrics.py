"""`make metrics` measures what it says."""

import re

import pytest

from local import metrics


# It lays out a connector in a copy of the house and judges it there.
@pytest.mark.soak
def test_the_report_names_every_measure():
    said = metrics.report()

    assert re.search(r"^lines a file +median \d+, p90 \d+$", said, re.MULTILINE)
    assert re.search(r"^longest file +\d+ (apps|config)/\S+\.py$", said, re.MULTILINE)
    assert re.search(r"^lines a function +median \d+, p90 \d+$", said, re.MULTILINE)
    assert re.search(r"^annotated functions +\d+\.\d%$", said, re.MULTILINE)
    assert re.search(r"^one more connector .* 1 line in 1 file ", said, re.MULTILINE)


def test_a_function_is_annotated_if_all_that_it_takes_and_returns_is(tmp_path, monkeypatch):
    monkeypatch.setattr(metrics, "ROOT", tmp_path)
    file = tmp_path / "some.py"
    file.write_text(
        "class A:\n"
        "    def whole(self, x: int, *more: int, **named: int) -> None: ...\n"
        "    def without_return(self, x: int): ...\n"
        "def without_argument(x, *, y: int) -> None:\n"
        "    pass\n"
    )

    found = {each.name: (each.is_annotated, each.lines) for each in metrics.functions_of(file)}

    assert found == {
        "some.py:whole": (True, 1),
        "some.py:without_return": (False, 1),
        "some.py:without_argument": (False, 2),
    }
