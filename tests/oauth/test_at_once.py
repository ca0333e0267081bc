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


@pytest.mark.parametrize("kind", ["code", "refresh token"])
def test_of_many_at_once_one_gets_tokens_and_reuse_ends_them(kind):
    program = Program(make_application())
    member = make_member(MerchantFactory())
    if kind == "code":
        code = program.code(member)
        answers = at_once(lambda: program.exchange(code))
    else:
        refresh_token = program.tokens(member)["refresh_token"]
        answers = at_once(lambda: program.refresh(refresh_token))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (AT_ONCE - 1)
    assert not AccessToken.objects.filter(revoked_at=None).exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()
