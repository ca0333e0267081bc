from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.providers.kit.web_address import LENGTH_MAX, ascii_url


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://shop.example/thanks?order=7#top", "https://shop.example/thanks?order=7#top"),
        ("https://boutique-été.example/", "https://xn--boutique-t-j7ab.example/"),
        ("https://shop.example/été?nom=Zoé", "https://shop.example/%C3%A9t%C3%A9?nom=Zo%C3%A9"),
        ("https://shop.example/%C3%A9?a=100%&b=%41", "https://shop.example/%C3%A9?a=100%25&b=%41"),
        ("https://shop.example:8443/{order}", "https://shop.example:8443/%7Border%7D"),
        ("http://127.0.0.1:9/return", "http://127.0.0.1:9/return"),
        ("http://[::1]:9/return", "http://[::1]:9/return"),
        ("HTTPS://SHOP.Example.:443/A", "https://shop.example.:443/A"),
        ("https://my_shop.example/", "https://my_shop.example/"),
        ("https://متجر.example/سلة", "https://xn--pgbep1f.example/%D8%B3%D9%84%D8%A9"),
        ("https://shop.example/🛒?e\u0301", "https://shop.example/%F0%9F%9B%92?e%CC%81"),
    ],
)
def test_an_address_is_written_in_ascii(url, written):
    assert ascii_url(url) == written
    assert ascii_url(written) == written


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "ftp://shop.example/",
        "javascript:alert(1)",
        "https://",
        "https://shop.example:port/",
        "https://user:password@shop.example/",
        "https://shop.example/a b",
        "https://shop.example/\r\nX: y",
        "https://shop.example\\@evil.example/",
        "https://-é-.example/",
        "https://shop.example/\ud800",
        "https://shop.example/" + "é" * 100,
        "http://[::1/",
        "http://[v1.é]/",
        "http://[fe80::1%é]/",
        "https://shop.example:0/",
        "https://shop.example:65536/",
        "https://shop..example/",
        "https://.example/",
        "https://-shop.example/",
        "https://sh%6fp.example/",
        "https://shop,example/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "abcdefg." * 32 + "example/",
        "https://127.1/",
        "https://0x7f000001/",
        "https://999.0.0.1/",
    ],
)
def test_what_cannot_be_written_so_is_refused_in_words(url):
    with pytest.raises(ValueError, match=r"^It"):
        ascii_url(url)


@given(st.sampled_from(["", "shop.example", "shop.example/", "[::1]:", "8.8.8.8"]), st.text())
def test_whatever_comes_out_is_plain(beginning, text):
    try:
        written = ascii_url(f"https://{beginning}{text}")
    except ValueError:
        return
    assert written.isascii()
    assert written.isprintable()
    assert " " not in written
    assert len(written) <= LENGTH_MAX
    assert ascii_url(written) == written
