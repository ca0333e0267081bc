from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from apps.core.idempotency import (
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    digest_of,
    find_answer,
    read_key,
)
from apps.core.models import IdempotencyRecord
from apps.core.public_ids import first_id_at, new_id_at
from apps.core.retention import RETENTION, forget, statement
from tests.fakes import START
from tests.query_plans import pages_of, plan_of

DIGEST = b"d" * 32
ANSWERS = RETENTION[0]


def forget_old_answers(*, now):
    return forget(ANSWERS, now=now)


def remember(key="order-1", *, at=START, **fields):
    return IdempotencyRecord.objects.create(
        **{
            "id": new_id_at(at),
            "scope": "shop:test",
            "endpoint": "POST /things",
            "key": key,
            "digest": DIGEST,
            "status_code": 201,
            "body": b'{"id":1}',
            "created_at": at,
            **fields,
        }
    )


def find(key="order-1", *, scope="shop:test", endpoint="POST /things", digest=DIGEST, now=START):
    return find_answer(scope=scope, endpoint=endpoint, key=key, digest=digest, now=now)


@pytest.mark.django_db
def test_the_first_answer_is_found_again():
    remember()

    assert bytes(find().body) == b'{"id":1}'


@pytest.mark.django_db
@pytest.mark.parametrize(
    "other", [{"key": "order-2"}, {"scope": "shop:live"}, {"endpoint": "POST /other"}]
)
def test_another_key_mode_merchant_or_endpoint_is_another_request(other):
    remember()

    assert find(**other) is None


@pytest.mark.django_db
def test_the_same_key_for_another_body_is_refused():
    remember()

    with pytest.raises(IdempotencyKeyReused):
        find(digest=b"e" * 32)


@pytest.mark.django_db
def test_answers_are_kept_for_their_retention_to_the_second():
    kept_for = settings.IDEMPOTENCY_KEPT_FOR
    remember("at the limit", at=START - kept_for)
    remember("a second too old", at=START - kept_for - timedelta(seconds=1))

    forgotten = forget_old_answers(now=START)

    assert forgotten == 1
    assert find("at the limit") is not None
    assert find("a second too old") is None


@pytest.mark.django_db
def test_an_old_answer_is_not_given_though_no_clean_up_came_by():
    kept_for = settings.IDEMPOTENCY_KEPT_FOR
    remember()

    assert find(now=START + kept_for) is not None
    assert find(now=START + kept_for + timedelta(seconds=1)) is None


def test_the_retention_is_at_least_a_day():
    assert timedelta(days=1) <= settings.IDEMPOTENCY_KEPT_FOR


@pytest.mark.django_db
def test_forgetting_twice_forgets_nothing_more():
    remember(at=START - timedelta(days=30))
    forget_old_answers(now=START)

    assert forget_old_answers(now=START) == 0


def remember_days(first, last, *, rows_a_day, prefix):
    rows = (
        IdempotencyRecord(
            id=new_id_at(at),
            scope="shop:test",
            endpoint="POST /things",
            key=f"{prefix} {day} {number}",
            digest=DIGEST,
            status_code=201,
            body=b"x" * 500,
            created_at=at,
        )
        for day in range(first, last)
        for number in range(rows_a_day)
        for at in [START + timedelta(days=day, seconds=number)]
    )
    IdempotencyRecord.objects.bulk_create(rows, batch_size=5_000)


def buffers_to_forget_before(end):
    """How many pages one step touches, and how many rows it deletes."""
    plan = plan_of(statement(ANSWERS), [UUID(int=0), first_id_at(end)])
    return pages_of(plan), plan["Actual Rows"]


@pytest.mark.django_db(transaction=True)
def test_forgetting_costs_what_it_forgets_after_weeks_and_however_much_is_kept():
    """New rows come to lie in the holes of those deleted: the table is in no order."""
    costs = []
    for week, rows_a_day in (("small", 300), ("large", 1_200)):
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE core_idempotencyrecord")
        remember_days(0, 7, rows_a_day=rows_a_day, prefix=week)
        for day in range(7, 10):
            forget_old_answers(now=START + timedelta(days=day - 6) + settings.IDEMPOTENCY_KEPT_FOR)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE core_idempotencyrecord")
            remember_days(day, day + 1, rows_a_day=rows_a_day, prefix=week)
        oldest = IdempotencyRecord.objects.order_by("created_at").first().created_at
        buffers, deleted = buffers_to_forget_before(oldest + timedelta(seconds=200))
        costs.append(buffers)
        assert deleted == 200

    small, large = costs
    assert large < 200 * 5
    assert large < small + 400


@pytest.mark.django_db(transaction=True)
def test_forgetting_in_steps_forgets_all_that_is_old_and_nothing_else():
    remember_days(0, 3, rows_a_day=2_600, prefix="old")
    remember("young", at=START + timedelta(days=3))

    forgotten = forget_old_answers(now=START + timedelta(days=3) + settings.IDEMPOTENCY_KEPT_FOR)

    assert forgotten == 7_800
    assert [record.key for record in IdempotencyRecord.objects.all()] == ["young"]


def test_a_request_without_key_is_told_to_send_one():
    with pytest.raises(IdempotencyKeyMissing):
        read_key(None)


# Servers join what was sent twice by a comma, and may empty what is not ASCII.
@pytest.mark.parametrize(
    "header",
    ["", "two words", "é", "a" * 256, "tab\t", "nul\x00", "\x7f", "A,A", "A, B", "A,", ",", "\n"],
)
def test_a_key_that_is_repeated_or_malformed_is_invalid_and_not_missing(header):
    with pytest.raises(IdempotencyKeyInvalid):
        read_key(header)


@given(
    st.text(
        st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=","),
        min_size=1,
        max_size=255,
    )
)
def test_any_visible_ascii_without_a_comma_is_a_key_as_it_is(header):
    assert read_key(header) == header


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), json_values), st.dictionaries(st.text(), json_values))
def test_bodies_have_one_digest_exactly_if_they_say_the_same(first, second):
    backwards = dict(reversed(first.items()))

    assert digest_of(first) == digest_of(backwards)
    assert (digest_of(first) == digest_of(second)) == _same(first, second)


def _same(first, second):
    # == takes 1 for True.
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(_same(first[k], second[k]) for k in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(_same, first, second))
    return first == second
