"""Colours are judged once where elements are painted alike: no other colour may pass for them."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db(transaction=True)

PALE = "document.querySelector('main h1').style.color = '#ccc'"
ON_GREY = "document.body.style.opacity = '0.4'"


@pytest.mark.parametrize("change", [PALE, ON_GREY], ids=["its own", "behind it"])
def test_a_colour_that_is_another_is_judged_on_a_page_whose_colours_were_good(reader, change):
    window = reader("fr")
    window.open("/docs/fr/")
    window.look()
    assert not window.problems, "\n".join(window.problems)

    window.open("/docs/fr/")
    window.page.evaluate(change)
    window.look()

    assert any("axe color-contrast" in problem for problem in window.problems)
