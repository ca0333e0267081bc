from __future__ import annotations

import pytest

from apps.core.email_address import plain_address


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("awa@shop.example", "awa@shop.example"),
        ("Awa.Diop+x@Shop.example", "Awa.Diop+x@Shop.example"),
        ("awa@société.example", "awa@xn--socit-esab.example"),
    ],
)
def test_an_address_is_written_as_mail_servers_know_it(typed, written):
    assert plain_address(typed) == written


@pytest.mark.parametrize(
    "typed",
    [
        "", "awa", "awa@", "@shop.example", "a b@shop.example", "é@shop.example",
        '"a\x01"@shop.example', '"a\x1db"@shop.example', '"a"@shop.example',
        f"{'a' * 250}@shop.example", "a@\u202eshop.example", "a@b\u3002\u3002example",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_no_header_can_bear_is_no_address(typed):
    with pytest.raises(ValueError):
        plain_address(typed)
