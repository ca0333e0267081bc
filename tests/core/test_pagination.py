import pytest

from apps.core.pagination import LIMIT_DEFAULT, LIMIT_MAX, InvalidPage, read_page
from apps.core.public_ids import encode_id, new_id
from apps.merchants.models import Merchant
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db


def page(**query):
    return read_page(Merchant.objects.all(), own=Merchant.objects.all(), query=query, prefix="mer")


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_page_after_page_shows_every_row_once_newest_first(limit):
    expected = [merchant.pk for merchant in MerchantFactory.create_batch(7)][::-1]
    seen, after, has_more = [], {}, True

    while has_more:
        found = page(limit=str(limit), **after)
        seen += [row.pk for row in found.rows]
        has_more, after = found.has_more, {"starting_after": encode_id("mer", seen[-1])}

    assert seen == expected


def test_rows_made_meanwhile_do_not_shift_the_next_page():
    old = MerchantFactory.create_batch(4)
    first = page(limit="2")
    MerchantFactory()

    second = page(limit="2", starting_after=encode_id("mer", first.rows[-1].pk))

    assert [row.pk for row in second.rows] == [old[1].pk, old[0].pk]


def test_a_page_is_one_query_however_long(django_assert_num_queries):
    MerchantFactory.create_batch(30)

    with django_assert_num_queries(1):
        assert len(page().rows) == LIMIT_DEFAULT
    with django_assert_num_queries(1):
        last = page(limit=str(LIMIT_MAX)).rows[-2]
    with django_assert_num_queries(2):
        assert len(page(starting_after=encode_id("mer", last.pk)).rows) == 1


def test_an_empty_list_is_an_empty_page():
    found = page()

    assert (found.rows, found.has_more) == ([], False)


@pytest.mark.parametrize("limit", ["0", "-1", "101", "ten", "", "1.5", "1e2", "9" * 5_000])
def test_a_limit_that_is_none_is_refused_by_name(limit):
    with pytest.raises(InvalidPage) as refused:
        page(limit=limit)

    assert refused.value.field == "limit"


@pytest.mark.parametrize("cursor", ["x", "pay_" + "0" * 26, "mer_", "\x00", "mer_" + "z" * 26])
def test_a_cursor_that_is_none_is_refused_by_name(cursor):
    with pytest.raises(InvalidPage) as refused:
        page(starting_after=cursor)

    assert refused.value.field == "starting_after"


def test_a_cursor_that_nobody_has_is_refused_by_name():
    cursor = encode_id("mer", new_id())
    MerchantFactory()

    with pytest.raises(InvalidPage) as refused:
        page(starting_after=cursor)

    assert refused.value.field == "starting_after"


def test_what_passes_the_filters_no_longer_is_still_a_place_to_go_on_from():
    older, newer = MerchantFactory(name="Kiosk"), MerchantFactory(name="Shop")
    rows = Merchant.objects.filter(name="Kiosk")

    found = read_page(
        rows,
        own=Merchant.objects.all(),
        query={"starting_after": newer.public_id},
        prefix="mer",
    )

    assert found.rows == [older]


def test_the_last_one_leads_to_an_empty_page():
    merchant = MerchantFactory()

    assert page(starting_after=merchant.public_id).rows == []
