from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.core.public_ids import (
    ALPHABET,
    InvalidPublicId,
    decode_id,
    encode_id,
    first_id_at,
    made_at,
    new_id,
    new_id_at,
)


@given(st.uuids())
def test_what_is_encoded_decodes_to_itself(value):
    assert decode_id("pay", encode_id("pay", value)) == value


@given(st.uuids(), st.uuids())
def test_public_ids_sort_as_the_ids_do(first, second):
    assert (encode_id("pay", first) < encode_id("pay", second)) == (first.int < second.int)


def test_ids_made_later_sort_later():
    ids = [new_id() for _ in range(2_000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {value.version for value in ids} == {7}


def test_ids_of_one_instant_rise_and_bear_its_time():
    at = datetime(2026, 3, 2, 9, 0, 0, 123_456, tzinfo=UTC)

    ids = [new_id_at(at) for _ in range(1_000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {made_at(value) for value in ids} == {at.replace(microsecond=123_000)}
    assert {(value.version, value.variant) for value in ids} == {(7, new_id().variant)}


def test_a_range_of_time_is_a_range_of_ids():
    at = datetime(2026, 3, 2, 9, 0, 0, 500_000, tzinfo=UTC)

    value = new_id_at(at)

    assert first_id_at(at) < value < first_id_at(at + timedelta(milliseconds=1))


@given(st.text())
@example("pay_" + "z" * 26)
@example("pay_" + "0" * 25)
@example("pay_" + "é" * 26)
@example("PAY_" + "0" * 26)
@example("pay_" + "0" * 26 + "\n")
def test_any_other_text_is_refused_and_nothing_else_happens(text):
    try:
        value = decode_id("pay", text)
    except InvalidPublicId:
        return

    # What is accepted has one spelling only.
    assert encode_id("pay", value) == text


@given(st.text(alphabet=ALPHABET, min_size=26, max_size=26))
def test_128_bits_are_the_limit(tail):
    fits = tail[0] in "01234567"

    if fits:
        assert isinstance(decode_id("pay", f"pay_{tail}"), UUID)
    else:
        with pytest.raises(InvalidPublicId):
            decode_id("pay", f"pay_{tail}")


def test_the_id_of_another_kind_is_refused():
    with pytest.raises(InvalidPublicId):
        decode_id("pay", encode_id("att", new_id()))
