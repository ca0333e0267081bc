"""Two requests with one code or one refresh token at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from apps.oauth.models import AccessToken, RefreshToken
from tests.factories import MerchantFactory
from tests.oauth.conftest import Program, make_application, make_member

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 6


def at_once(work):
    def and_close(_):
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(and_close, range(AT_ONCE)))


def test_of_many_exchanges_of_one_code_at_once_one_gets_tokens_and_reuse_ends_them():
    program = Program(make_application())
    code = program.code(make_member(MerchantFactory()))

    answers = at_once(lambda: program.exchange(code))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (AT_ONCE - 1)
    assert not AccessToken.objects.filter(revoked_at=None).exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()


def test_of_many_refreshes_at_once_all_get_the_same_pair_and_one_is_alive():
    program = Program(make_application())
    refresh_token = program.tokens(make_member(MerchantFactory()))["refresh_token"]

    answers = at_once(lambda: program.refresh(refresh_token))

    pairs = {(answer.json()["access_token"], answer.json()["refresh_token"]) for answer in answers}
    assert [answer.status_code for answer in answers] == [200] * AT_ONCE
    assert len(pairs) == 1
    assert RefreshToken.objects.filter(revoked=None).count() == 1


def test_a_stolen_token_after_the_grace_ends_the_family_however_many_use_it(clock):
    program = Program(make_application())
    first = program.tokens(make_member(MerchantFactory()))
    program.refresh(first["refresh_token"])
    clock.advance(seconds=45)

    answers = at_once(lambda: program.refresh(first["refresh_token"]))

    assert {answer.json()["error"] for answer in answers} == {"invalid_grant"}
    assert not RefreshToken.objects.filter(revoked=None).exists()
    assert not AccessToken.objects.filter(revoked_at=None).exists()
