"""`manage.py listen` refuses what does not belong on a developer's machine."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from apps.realtime.management.commands import listen

REFUSED = {
    "no key": (["--key", ""], "LOMI_API_KEY"),
    "a live key": (["--key", "lomi_sk_live_abc"], "live key"),
    "no secret": (["--key", "lomi_sk_test_abc", "--secret", "whsec_*"], "whsec_"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_it_refuses(name):
    arguments, reason = REFUSED[name]

    with pytest.raises(CommandError, match=reason):
        call_command("listen", "--to", "http://127.0.0.1:1/", *arguments)


def test_the_secret_stays_the_same_for_a_key_and_a_folder(tmp_path, monkeypatch):
    here = listen._own_secret("lomi_sk_test_a")

    assert listen._own_secret("lomi_sk_test_a") == here
    assert listen._own_secret("lomi_sk_test_b") != here
    monkeypatch.chdir(tmp_path)
    assert listen._own_secret("lomi_sk_test_a") != here
