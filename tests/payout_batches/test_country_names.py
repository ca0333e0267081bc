"""Countries as people write them in a list of payees."""

from __future__ import annotations

import pytest

from apps.core.tables.cells import CellRefused
from apps.payout_batches.rules.read_line import _country


@pytest.mark.parametrize(
    ("cell", "country"),
    [
        ("ci", "CI"),
        ("Côte d'Ivoire", "CI"),
        ("COTE D’IVOIRE", "CI"),
        ("Ivory Coast", "CI"),
        ("Cameroun", "CM"),
        ("Cameroon", "CM"),
        ("Guinée équatoriale", "GQ"),
        ("Guinea-Bissau", "GW"),
        ("Congo", "CG"),
        ("Congo-Kinshasa", "CD"),
        ("République centrafricaine", "CF"),
        (" Sénégal ", "SN"),
        ("", ""),
    ],
)
def test_a_country_is_known_by_code_and_by_name(cell, country):
    assert _country(cell) == country


@pytest.mark.parametrize("cell", ["aa", "Afrique", "225", "Cameron"])
def test_what_is_no_country_is_refused(cell):
    with pytest.raises(CellRefused):
        _country(cell)
