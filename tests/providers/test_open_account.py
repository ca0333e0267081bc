"""A provider account, and its new credentials, are the work of two people; its secrets are no
page's."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from apps.approvals.models import ApprovalRequest
from apps.audit.models import AuditEntry
from apps.core.public_ids import new_id
from apps.core.retention import forget_old_rows
from apps.providers.models import ProviderAccount, StagedCredentials
from apps.providers.registry import (
    connector_for,
    credentials_fingerprint,
    encrypt_credentials,
    read_credentials,
)
from apps.providers.rules.account_order import (
    CredentialsChanged,
    ProviderAccountInvalid,
    StagedCredentialsGone,
)
from apps.providers.services.open_account import open_account
from apps.providers.services.replace_credentials import replace_credentials
from tests.approvals.test_pages import decide
from tests.disputes.test_staff import staff
from tests.factories import MerchantFactory, ProviderAccountFactory
from tests.providers.rails import CREDENTIALS
from tests.sign_in.conftest import age

pytestmark = pytest.mark.django_db

NEW = reverse("staff-open-provider-account")
MAKING = ("add_provideraccount", "view_provideraccount", "add_approvalrequest")
API_KEY, SECRET = "wave_sn_prod_" + "k" * 24, "wave_sn_WHS_" + "s" * 24
WAVE = {
    "label": "Wave Sénégal",
    "country": "SN",
    "currency": "XOF",
    "mode": "live",
    "operations": ["collect", "disburse"],
    "timezone": "Africa/Dakar",
    "amount_min": "100",
    "amount_max": "500000",
    "merchant": "",
    "credential_base_url": "https://api.wave.com",
    "credential_api_key": API_KEY,
    "credential_webhook_secret": SECRET,
    "reason": "The contract is signed",
}


@pytest.fixture
def maker():
    return staff("awa", *MAKING, "view_approvalrequest", "decide")


@pytest.fixture
def checker():
    return staff("binta", "view_approvalrequest", "decide")


def ask(client, connector="wave", **said):
    page = {"account_id": str(new_id()), **WAVE, **said}
    return client.post(f"{NEW}?connector={connector}", page)


def renew(client, account, **said):
    url = reverse("staff-provider-credentials", args=[account.pk])
    before = credentials_fingerprint(account).hex()
    typed = {name: value for name, value in WAVE.items() if name.startswith("credential_")}
    reason = "The provider has changed its keys"
    return client.post(url, {"fingerprint_before": before, **typed, "reason": reason, **said})


def wave_account(**credentials):
    account = ProviderAccountFactory(connector="wave", country="SN", currency="XOF", livemode=True)
    old = {
        "base_url": "https://api.wave.com",
        "api_key": "wave_sn_prod_" + "o" * 24,
        "webhook_secret": "wave_sn_WHS_" + "p" * 24,
        "dispute_delimiter": ";",
    }
    account.credentials_encrypted = encrypt_credentials(account.pk, {**old, **credentials})
    account.save()
    return account


def everything_told():
    told = [ApprovalRequest.objects.values_list("payload", "reason", "target")]
    told.append(AuditEntry.objects.values_list("action", "target", "detail"))
    return json.dumps([list(rows) for rows in told], default=str)


def test_an_account_is_there_once_another_person_has_approved_all_of_it(maker, checker, caplog):
    merchant = MerchantFactory(country="SN", currency="XOF", name="Librairie")

    asked = ask(maker, merchant=merchant.public_id)

    assert asked.status_code == 302
    request = ApprovalRequest.objects.get()
    decide(maker, request)
    assert not ProviderAccount.objects.exists()
    page = checker.get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    shown = page.content.decode() + decide(checker, request)[0]
    for told in ("Wave Sénégal", "SN, XOF", "live", "Africa/Dakar", "500", "https://api.wave.com"):
        assert told in shown, told
    assert "Librairie" in shown and request.payload["fingerprint"][:16] in shown
    account = ProviderAccount.objects.get()
    assert (account.public_id, account.is_active) == (request.target, True)
    assert (account.label, account.country, account.currency) == ("Wave Sénégal", "SN", "XOF")
    assert (account.livemode, account.merchant_id) == (True, merchant.pk)
    assert (account.operations, account.timezone) == (["collect", "disburse"], "Africa/Dakar")
    assert (account.amount_min, account.amount_max) == (100, 500_000)
    assert connector_for(account).profile.code == "wave"
    assert read_credentials(account)["webhook_secret"] == SECRET
    assert AuditEntry.objects.filter(action="provider_account.opened").count() == 1
    assert not StagedCredentials.objects.exists()
    for secret in (API_KEY, SECRET):
        assert secret not in everything_told() + shown + caplog.text


def test_nobody_opens_it_alone_nor_twice_nor_with_other_secrets(maker, checker, clock):
    ask(maker)
    request = ApprovalRequest.objects.get()
    named = {"requested_by": "user:1", "approved_by": "user:2", "reason": "x", "now": clock()}
    for changes, refusal in (
        ({"fingerprint": "0" * 64}, StagedCredentialsGone),
        ({"country": "CM"}, ProviderAccountInvalid),
        ({"settings": {"base_url": "http://10.0.0.1"}}, ProviderAccountInvalid),
    ):
        with pytest.raises(refusal):
            open_account({**request.payload, **changes}, **named)
    request.payload["settings"]["base_url"] = "https://thief.example"
    ApprovalRequest.objects.filter(pk=request.pk).update(payload=request.payload)
    decide(checker, request)
    assert not ProviderAccount.objects.exists()
    assert StagedCredentials.objects.count() == 1

    request.payload["settings"]["base_url"] = WAVE["credential_base_url"]
    open_account(request.payload, **named)
    with pytest.raises(StagedCredentialsGone):
        open_account(request.payload, **named)
    assert ProviderAccount.objects.count() == 1


def test_who_approves_sees_an_address_and_a_name_as_what_they_are(maker, checker):
    # Its first "a" is Cyrillic; what stands behind the mark in the name is turned around.
    ask(maker, credential_base_url="https://api.w\u0430ve.com", label="Wave \u202elagénéS")

    request = ApprovalRequest.objects.get()
    page = checker.get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    shown = page.content.decode()
    assert "https://api.xn--wve-6cd.com" in shown and "w\u0430ve" not in shown
    assert "Wave lagénéS" in shown and "\u202e" not in shown


def test_a_form_that_is_sent_twice_opens_one_account(maker, checker):
    page = maker.get(f"{NEW}?connector=wave").context_data["form"]["account_id"].value()

    assert ask(maker, account_id=str(page)).status_code == 302
    assert ask(maker, account_id=str(page)).context_data["form"].non_field_errors()
    decide(checker, ApprovalRequest.objects.get())
    assert ask(maker, account_id=str(page)).context_data["form"].non_field_errors()
    assert ask(maker, account_id="1").context_data["form"].non_field_errors()

    assert ProviderAccount.objects.count() == ApprovalRequest.objects.count() == 1
    assert not StagedCredentials.objects.exists()


def test_what_is_rejected_or_waited_too_long_leaves_no_secret(maker, checker, clock):
    ask(maker)
    decide(checker, ApprovalRequest.objects.get(), "reject", reason="Not this contract")
    assert not StagedCredentials.objects.exists() and not ProviderAccount.objects.exists()

    ask(maker)
    assert StagedCredentials.objects.count() == 1
    forget_old_rows(now=clock() + timedelta(days=1))
    assert StagedCredentials.objects.count() == 1
    forget_old_rows(now=clock() + timedelta(days=3))
    assert not StagedCredentials.objects.exists()
    page = checker.get(
        reverse(
            "admin:approvals_approvalrequest_change",
            args=[ApprovalRequest.objects.latest("requested_at").pk],
        )
    )
    assert page.status_code == 200


WRONG = [
    ("country", {"country": "FR"}),
    ("currency", {"currency": "EUR"}),
    ("label", {"label": " "}),
    ("timezone", {"timezone": "Africa/Nowhere"}),
    ("timezone", {"timezone": "../etc/passwd"}),
    ("operations", {"operations": []}),
    ("operations", {"operations": ["steal"]}),
    ("amount_min", {"amount_min": "0"}),
    ("amount_max", {"amount_min": "200", "amount_max": "100"}),
    ("amount_max", {"amount_max": "9" * 30}),
    ("merchant", {"merchant": "mer_x"}),
    ("merchant", {"merchant": "mer_00000000000000000000000000"}),
    ("mode", {"mode": "maybe"}),
    ("reason", {"reason": " "}),
    ("credential_base_url", {"credential_base_url": "ftp://api.wave.com"}),
    ("credential_base_url", {"credential_base_url": "http://api.wave.com"}),
    ("credential_base_url", {"credential_base_url": ""}),
    ("credential_api_key", {"credential_api_key": ""}),
    ("credential_api_key", {"credential_api_key": "nothing-like-a-key"}),
    ("credential_api_key", {"credential_api_key": "\0"}),
    ("credential_webhook_auth", {"credential_webhook_auth": "none"}),
    ("credential_timeout_s", {"credential_timeout_s": "soon"}),
]


def test_what_cannot_be_is_a_sentence_at_its_field_and_keeps_nothing(maker):
    for field, said in WRONG:
        answer = ask(maker, **said)
        assert answer.status_code == 200, said
        assert list(answer.context_data["form"].errors) == [field], said
        # Nor is what was typed right shown again.
        assert SECRET not in answer.content.decode()
    unknown = ask(maker, connector="bank")
    assert list(unknown.context_data["form"].errors) == ["connector"]
    assert not StagedCredentials.objects.exists() and not ApprovalRequest.objects.exists()


@pytest.mark.parametrize(
    ("connector", "field", "value"),
    [
        ("mtn_momo", "base_url", "https://sandbox.momodeveloper.mtn.com"),
        ("mtn_momo", "target_environment", "sandbox"),
        ("orange_webpay", "env", "dev"),
    ],
)
def test_a_live_account_does_not_use_a_sandbox(maker, connector, field, value):
    typed = {f"credential_{name}": given for name, given in CREDENTIALS[connector].items()}
    said = {
        "country": "CM", "currency": "XAF", "timezone": "Africa/Douala", "operations": ["collect"],
        **typed, "credential_base_url": "https://api.provider.example",
    }  # fmt: skip
    sandbox = {**said, f"credential_{field}": value}

    refused = ask(maker, connector, **sandbox)

    assert list(refused.context_data["form"].errors) == [f"credential_{field}"]
    assert ask(maker, connector, **{**sandbox, "mode": "test"}).status_code == 302
    assert ask(maker, connector, **said).status_code == 302


def test_who_sends_money_needs_the_keys_for_it(maker):
    typed = {f"credential_{name}": given for name, given in CREDENTIALS["mtn_momo"].items()}
    said = {"country": "CM", "currency": "XAF", "operations": ["collect", "disburse"], **typed}

    refused = ask(maker, "mtn_momo", **{**said, "credential_disbursement_api_key": ""})

    assert list(refused.context_data["form"].errors) == ["credential_disbursement_api_key"]


def test_new_credentials_replace_the_old_once_another_person_has_approved_them(maker, checker):
    account = wave_account()
    old, was = connector_for(account), credentials_fingerprint(account)

    assert renew(maker, account, credential_base_url="https://api2.wave.com").status_code == 302

    request = ApprovalRequest.objects.get()
    account.refresh_from_db()
    assert credentials_fingerprint(account) == was
    page = checker.get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    shown = page.content.decode()
    assert "https://api.wave.com" in shown and "https://api2.wave.com" in shown
    decide(checker, request)

    account.refresh_from_db()
    assert credentials_fingerprint(account) != was
    assert connector_for(account) is not old
    assert read_credentials(account) == {
        "base_url": "https://api2.wave.com",
        "api_key": API_KEY,
        "webhook_secret": SECRET,
        # How its reports are read is not of its keys.
        "dispute_delimiter": ";",
    }
    assert not StagedCredentials.objects.exists()
    for secret in (API_KEY, SECRET, "o" * 24, "p" * 24):
        assert secret not in everything_told() + shown


def test_credentials_that_are_rejected_or_not_what_was_shown_change_nothing(maker, checker, clock):
    account = wave_account()
    kept = bytes(account.credentials_encrypted)
    renew(maker, account)
    first = ApprovalRequest.objects.get()
    # Once at a time; of the second try nothing stays.
    assert renew(maker, account).context_data["form"].errors
    assert StagedCredentials.objects.count() == 1
    decide(checker, first, "reject", reason="Nobody told us")
    assert not StagedCredentials.objects.exists()

    renew(maker, account)
    payload = ApprovalRequest.objects.get(status="pending").payload
    named = {"requested_by": "user:1", "approved_by": "user:2", "reason": "x", "now": clock()}
    with pytest.raises(CredentialsChanged):
        replace_credentials({**payload, "fingerprint_before": "00" * 8}, **named)
    with pytest.raises(StagedCredentialsGone):
        replace_credentials({**payload, "fingerprint": "0" * 64}, **named)
    answer = renew(maker, account, credential_api_key="nothing-like-a-key")
    assert list(answer.context_data["form"].errors) == ["credential_api_key"]
    account.refresh_from_db()
    assert bytes(account.credentials_encrypted) == kept


def test_credentials_that_nobody_can_open_are_mended_by_new_ones(maker, checker):
    account = wave_account()
    ProviderAccount.objects.update(credentials_encrypted=b"rubbish")
    account.refresh_from_db()

    renew(maker, account)
    decide(checker, ApprovalRequest.objects.get())

    account.refresh_from_db()
    assert read_credentials(account)["api_key"] == API_KEY


def test_who_has_not_the_right_opens_nothing_and_finds_no_button(maker):
    account = wave_account()
    changes = staff(
        "odile", "view_provideraccount", "change_provideraccount", "add_approvalrequest"
    )
    listed = reverse("admin:providers_provideraccount_changelist")
    add = reverse("admin:providers_provideraccount_add")

    assert add in maker.get(listed).content.decode()
    assert maker.get(add)["Location"] == NEW
    assert add not in changes.get(listed).content.decode()
    assert changes.get(add).status_code == 403
    assert ask(changes).status_code == renew(changes, account).status_code == 403
    assert not ApprovalRequest.objects.exists()


def test_the_page_that_asks_who_she_is_does_not_carry_a_secret(client):
    user = User.objects.create_user("chidi", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=MAKING))
    client.force_login(user)
    age(client, 301, "proved_at")

    asked = ask(client)

    page = asked.content.decode()
    assert asked.status_code == 403 and 'value="https://api.wave.com"' in page
    assert API_KEY not in page and SECRET not in page


def test_no_country_or_currency_is_chosen_beforehand(maker):
    page = ask(maker, country="", currency="")

    assert {"country", "currency"} <= set(page.context["form"].errors)
    assert not ProviderAccount.objects.exists()
