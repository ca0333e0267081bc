"""A connector's slips cost no money: what had not left was not sent, the rest is asked about."""

import uuid

import pytest

from apps.core.public_ids import new_id
from apps.providers import registry
from apps.providers.contract import (
    CallbackRejected,
    CallbackRequest,
    ChecksPayee,
    Closes,
    CollectRequest,
    Collects,
    ConnectorError,
    ConnectorProfile,
    CredentialsUnreadable,
    FailureCode,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ParsesCallbacks,
    PayeeCheck,
    PayeeRequest,
    PayeeStatus,
    ProviderBusy,
    ProviderMisbehaved,
    ProviderResult,
    Queries,
    QueryRequest,
    ReadsBalances,
    ReadsDisputes,
    ReadsStatements,
    ReferenceUnknown,
)
from apps.providers.models import ProviderAccount
from tests.fakes import FAKE, FakeConnector, FakeProvider, register
from tests.receiver import Receiver

ORDER = CollectRequest(
    reference=uuid.uuid4(),
    amount=1_500,
    currency="XAF",
    country="CM",
    payer_msisdn="237677000001",
    description="Livre",
    merchant_name="Librairie",
    callback_url="",
    return_url="",
    cancel_url="",
)
QUESTION = QueryRequest(
    reference=ORDER.reference, amount=1_500, currency="XAF", counterparty=ORDER.payer_msisdn
)
PAYEE = PayeeRequest(payee_msisdn="237677000001", country="CM", currency="XAF")
CALLBACK = CallbackRequest(method="POST", headers={}, body=b"{}")


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def account(connector=FAKE, **credentials):
    account_id = new_id()
    return ProviderAccount(
        id=account_id,
        connector=connector,
        credentials_encrypted=registry.encrypt_credentials(account_id, credentials),
    )


class Careless:
    """Breaks where it is told to."""

    profile: ConnectorProfile = FakeConnector.profile

    def __init__(self, *, config, transport, clock):
        self.work = config
        self.transport = transport

    def collect(self, request):
        return self.work(self.transport)

    def query(self, request):
        return self.work(self.transport)

    def check_payee(self, request):
        return self.work(self.transport)

    def parse_callback(self, callback):
        self.work(self.transport)


@pytest.fixture
def careless(monkeypatch):
    def built(work):
        register(monkeypatch, {FAKE: (work, Careless)})
        return registry.connector_for(account())

    return built


def breaks(_transport):
    raise KeyError("a slip")


def test_a_slip_before_the_first_byte_was_not_sent(careless):
    with pytest.raises(NotSent, match="KeyError"):
        careless(breaks).collect(ORDER)


def test_a_slip_after_a_token_was_not_sent(careless, receiver):
    def work(transport):
        transport.request("POST", receiver.url, headers={}, is_instruction=False)
        raise KeyError("a slip")

    with pytest.raises(NotSent):
        careless(work).collect(ORDER)

    assert len(receiver.heard) == 1


def test_a_slip_after_the_order_left_leaves_the_outcome_unknown(careless, receiver):
    def work(transport):
        transport.request("POST", receiver.url, headers={}, body=b"{}")
        raise KeyError("a slip")

    connector = careless(work)
    with pytest.raises(OutcomeUnknown, match="KeyError"):
        connector.collect(ORDER)

    # The next order on this thread is another one.
    connector._connector.work = breaks
    with pytest.raises(NotSent):
        connector.collect(ORDER)


@pytest.mark.parametrize("answer", [None, "SUCCESS", {"outcome": "succeeded"}])
def test_an_answer_that_is_none_is_a_slip(careless, receiver, answer):
    def work(transport):
        transport.request("POST", receiver.url, headers={}, body=b"{}")
        return answer

    with pytest.raises(OutcomeUnknown):
        careless(work).collect(ORDER)


def test_a_slip_in_a_question_is_no_news(careless):
    with pytest.raises(OutcomeUnknown):
        careless(breaks).query(QUESTION)


def test_a_slip_in_reading_a_callback_rejects_it(careless):
    with pytest.raises(CallbackRejected):
        careless(breaks).parse_callback(CALLBACK)


@pytest.mark.parametrize(
    "error",
    [
        NotSent("no", failure_code=FailureCode.CONFIGURATION),
        OutcomeUnknown("no"),
        ProviderBusy("no"),
        ReferenceUnknown("no"),
        ProviderMisbehaved("no"),
    ],
)
def test_a_connectors_own_word_stands_and_can_be_written_down(careless, error):
    error.args = ("a\x00b\ud800" * 1_000,)

    def work(_transport):
        raise error

    connector = careless(work)
    for call in (connector.collect, connector.query):
        with pytest.raises(ConnectorError) as raised:
            call(ORDER)
        assert type(raised.value) is type(error)
        assert getattr(raised.value, "failure_code", None) == getattr(error, "failure_code", None)
        assert len(str(raised.value)) <= 200
        assert "\x00" not in str(raised.value)
        str(raised.value).encode()


def test_answers_are_cleaned_on_both_ways(careless):
    connector = careless(lambda _: ProviderResult(Outcome.SUCCEEDED, provider_reference="x" * 65))

    for call in (connector.collect, connector.query):
        result = call(ORDER)
        assert (result.outcome, result.provider_reference) == (Outcome.SUCCEEDED, "x" * 64)
        assert result.cut == "provider_reference"


def test_a_connector_keeps_the_protocols_it_has_and_gets_no_others(monkeypatch):
    register(monkeypatch, {FAKE: (FakeProvider(), FakeConnector)})
    fake = registry.connector_for(account())

    assert isinstance(fake, Queries)
    assert isinstance(fake, Collects)
    assert isinstance(fake, ParsesCallbacks)
    assert not isinstance(fake, ReadsStatements)
    mtn = registry.connector_for(
        account(
            "mtn_momo",
            base_url="https://mtn.test",
            target_environment="mtncameroon",
            subscription_key="k",
            api_user="u",
            api_key="s",
        )
    )
    assert isinstance(mtn, ReadsStatements)
    assert isinstance(mtn, ReadsDisputes)
    assert not isinstance(fake, ReadsDisputes)
    assert isinstance(mtn, ChecksPayee)
    assert not isinstance(fake, ChecksPayee)
    assert isinstance(mtn, ReadsBalances)
    assert not isinstance(fake, ReadsBalances)
    assert mtn.statement_reference(ORDER.reference) == str(ORDER.reference)


def test_credentials_that_cannot_be_read_are_said_so_before_anything_is_sent(monkeypatch):
    register(monkeypatch, {FAKE: (FakeProvider(), FakeConnector)})
    incomplete = account("mtn_momo", base_url="https://mtn.test")
    garbled, another = account(), account()
    garbled.credentials_encrypted = b"nonsense"
    another.credentials_encrypted = account().credentials_encrypted
    unheard_of = account("nobody")

    for broken in (incomplete, garbled, another, unheard_of):
        with pytest.raises(CredentialsUnreadable) as refused:
            registry.connector_for(broken)
        assert isinstance(refused.value, NotSent)
        assert refused.value.failure_code is FailureCode.CONFIGURATION


def test_mended_credentials_are_taken_at_once(monkeypatch):
    register(monkeypatch, {FAKE: (FakeProvider(), FakeConnector)})
    broken = account()
    good = broken.credentials_encrypted
    broken.credentials_encrypted = b"nonsense"
    with pytest.raises(CredentialsUnreadable):
        registry.connector_for(broken)
    broken.credentials_encrypted = good

    assert registry.connector_for(broken) is registry.connector_for(broken)


def test_a_fingerprint_changes_with_the_credentials_and_with_nothing_else():
    first = account(api_key="one")
    before = registry.credentials_fingerprint(first)
    first.label = "renamed"

    assert registry.credentials_fingerprint(first) == before
    assert len(before) == 8

    first.credentials_encrypted = registry.encrypt_credentials(first.pk, {"api_key": "two"})
    assert registry.credentials_fingerprint(first) != before
    # As a database driver gives it.
    first.credentials_encrypted = memoryview(bytes(first.credentials_encrypted))
    assert len(registry.credentials_fingerprint(first)) == 8


def test_what_a_connector_could_not_learn_of_a_payee_is_unknown_and_raises_nothing(careless):
    for error in (NotSent("no\x00", failure_code=FailureCode.CONFIGURATION), KeyError("a slip")):

        def work(_transport, error=error):
            raise error

        check = careless(work).check_payee(PAYEE)

        assert (check.status, check.failure_code) == (PayeeStatus.UNKNOWN, None)
        assert check.detail in {"no", "no\ufffd", "KeyError"}
    assert careless(lambda _: None).check_payee(PAYEE).status is PayeeStatus.UNKNOWN


def test_what_a_provider_said_of_a_payee_stands(careless):
    said = PayeeCheck(PayeeStatus.NOT_FOUND)

    assert careless(lambda _: said).check_payee(PAYEE) == said


class Lingering(FakeConnector):
    """Keeps a line open."""

    def __init__(self, **given):
        super().__init__(**given)
        self.closed = 0

    def close(self):
        self.closed += 1


def changed(before, **credentials):
    """The account as it is once a person has given it other credentials."""
    return ProviderAccount(
        id=before.pk,
        connector=before.connector,
        credentials_encrypted=registry.encrypt_credentials(before.pk, credentials),
    )


def test_a_connector_is_closed_once_its_account_has_changed_and_not_before(monkeypatch):
    register(monkeypatch, {FAKE: (FakeProvider(), Lingering)})
    first, bystander = account(api_key="one"), account(api_key="one")
    former, other = registry.connector_for(first), registry.connector_for(bystander)
    first.label = "renamed"
    assert registry.connector_for(first) is former
    assert former._connector.closed == 0

    present = registry.connector_for(changed(first, api_key="two"))

    assert present is not former
    assert [one._connector.closed for one in (former, present, other)] == [1, 0, 0]
    assert isinstance(present, Closes)


def test_credentials_that_cannot_be_read_close_nothing(monkeypatch):
    register(monkeypatch, {FAKE: (FakeProvider(), Lingering)})
    good = account(api_key="one")
    present = registry.connector_for(good)
    broken = changed(good, api_key="two")
    broken.credentials_encrypted = b"nonsense"

    with pytest.raises(CredentialsUnreadable):
        registry.connector_for(broken)

    assert present._connector.closed == 0
    assert registry.connector_for(good) is present


def test_a_connector_that_breaks_when_it_is_closed_does_not_keep_its_successor_away(monkeypatch):
    register(monkeypatch, {FAKE: (FakeProvider(), Lingering)})
    first = account(api_key="one")
    former = registry.connector_for(first)
    monkeypatch.setattr(former._connector, "close", lambda: breaks(None))

    assert registry.connector_for(changed(first, api_key="two")) is not former


def test_what_holds_nothing_needs_no_closing(monkeypatch):
    register(monkeypatch, {FAKE: (FakeProvider(), FakeConnector)})
    first = account(api_key="one")

    assert not isinstance(registry.connector_for(first), Closes)
    registry.connector_for(changed(first, api_key="two"))
