from __future__ import annotations

import pytest

from apps.providers.connectors.mtn_momo.config import MtnMomoConfig

VALUES = {
    "base_url": "https://proxy.momoapi.mtn.com/",
    "target_environment": "mtncameroon",
    "subscription_key": "a-subscription-key",
    "api_user": "a-user",
    "api_key": "an-api-key",
}


def test_an_account_is_read_from_its_settings():
    config = MtnMomoConfig.from_mapping(VALUES)

    assert config.base_url == "https://proxy.momoapi.mtn.com"
    assert config.wire_currency == ""


@pytest.mark.parametrize("key", sorted(VALUES))
def test_a_missing_setting_is_named(key):
    with pytest.raises(ValueError, match=key):
        MtnMomoConfig.from_mapping({**VALUES, key: ""})


@pytest.mark.parametrize(
    "wrong", [{"base_url": "proxy.momoapi.mtn.com"}, {"wire_currency": "euro"}]
)
def test_an_unusable_setting_is_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        MtnMomoConfig.from_mapping({**VALUES, **wrong})


def test_secrets_are_not_shown():
    shown = repr(MtnMomoConfig.from_mapping(VALUES))

    assert "a-subscription-key" not in shown
    assert "an-api-key" not in shown
