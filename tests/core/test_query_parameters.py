"""A parameter that comes twice is taken as both, or refused: never as the last."""

import pytest
from django.http import QueryDict

from apps.core.api.query_parameters import InvalidParameter, instant, metadata, text, texts, words
from apps.core.errors import DomainError
from apps.core.pagination import read_window

CHOICES = ("failed", "succeeded")


@pytest.mark.parametrize(
    "query",
    [
        "status=failed,succeeded",
        "status=failed&status=succeeded",
        "status=failed,failed&status=succeeded&status=failed,succeeded",
    ],
)
def test_words_are_taken_each_once_however_they_come(query):
    assert words(QueryDict(query), "status", CHOICES) == ["failed", "succeeded"]
    assert texts(QueryDict(query), "status") == ["failed", "succeeded"]


@pytest.mark.parametrize("query", ["status=failed&status=x", "status=failed&status="])
def test_a_wrong_word_is_found_wherever_it_stands(query):
    with pytest.raises(InvalidParameter):
        words(QueryDict(query), "status", CHOICES)


@pytest.mark.parametrize(
    "read",
    [
        lambda query: text(query, "a"),
        lambda query: instant(query, "a"),
        lambda query: metadata(query),
        lambda query: read_window(query, prefix="pay", own=None),
    ],
)
def test_what_has_one_value_is_refused_when_it_comes_twice(read):
    query = QueryDict(
        "a=2026-01-01&a=2026-01-02&metadata[k]=1&metadata[k]=2&limit=5&limit=6"
        "&starting_after=pay_1&starting_after=pay_2"
    )

    with pytest.raises(DomainError, match="once"):
        read(query)


def test_more_than_anybody_means_is_refused():
    with pytest.raises(InvalidParameter, match="at most"):
        words(QueryDict("&".join(["status=failed"] * 51)), "status", CHOICES)
