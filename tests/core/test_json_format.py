import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from apps.core.json_format import DEPTH_MAX, DIGITS_MAX, dump, parse_object

texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(texts, values))
def test_what_we_write_we_read_back(data):
    assert parse_object(dump(data)) == data


@given(st.binary())
def test_any_bytes_are_an_object_or_refused(body):
    with contextlib.suppress(ParseError):
        assert isinstance(parse_object(body), dict)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"amount":1,"amount":2}', "'amount' stands twice"),
        (b'{"payer":{"phone":"1","phone":"2"}}', "'phone' stands twice"),
        (b'{"amount":NaN}', "NaN is not JSON"),
        (b'{"amount":Infinity}', "Infinity is not JSON"),
        (b'{"amount":-Infinity}', "-Infinity is not JSON"),
        (b'{"amount":1e999}', "number is too large"),
        (b'{"reference":"\\u0000"}', "NUL"),
        (b'{"\\u0000":1}', "NUL"),
        (b'{"metadata":["\\ud800"]}', "lone surrogates"),
        (b'{"\\udfff":1}', "lone surrogates"),
        (b'{"amount":' + b"9" * (DIGITS_MAX + 1) + b"}", "too many digits"),
        (b'{"amount":' + b"9" * 5_000 + b"}", "too many digits"),
        (b'{"amount":1.' + b"0" * 5_000 + b"}", "too many digits"),
        (b'{"reference":"\xff"}', "not UTF-8"),
        ('{"reference":"é"}'.encode("latin-1"), "not UTF-8"),
        ('{"reference":"é"}'.encode("utf-16"), "not UTF-8"),
        (b'\xef\xbb\xbf{"amount":1}', "BOM"),
        (b"[1]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b"", "line 1"),
        (b"{", "line 1"),
        (b"{'amount':1}", "line 1"),
        (b'{"amount":1,}', "line 1"),
        (b'{"amount":1} {}', "Extra data"),
        (b'{"amount":01}', "line 1"),
        (b"[" * 30_000, "nested too deeply"),
        (b'{"a":' * 30_000, "nested too deeply"),
    ],
)
def test_what_is_ambiguous_or_harmful_is_refused_with_its_reason(body, reason):
    with pytest.raises(ParseError) as refused:
        parse_object(body)

    assert reason in str(refused.value.detail)


def test_a_pair_of_surrogates_is_a_character():
    assert parse_object(b'{"reference":"\\ud83d\\ude00"}') == {"reference": "\U0001f600"}


@pytest.mark.parametrize("levels", [DEPTH_MAX, DEPTH_MAX + 1])
def test_nesting_ends_at_its_limit(levels):
    body = b'{"a":' * levels + b"1" + b"}" * levels

    # The innermost value counts as a level.
    if levels < DEPTH_MAX:
        assert parse_object(body)
    else:
        with pytest.raises(ParseError, match="nested too deeply"):
            parse_object(body)


def test_numbers_keep_their_exact_value():
    largest = 10 ** (DIGITS_MAX - 1)

    assert parse_object(json.dumps({"amount": largest}).encode()) == {"amount": largest}
