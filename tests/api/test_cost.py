"""What a request costs the database: statements and commits, counted."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.models import OutboxMessage
from apps.orchestration.models import Attempt
from apps.payments.models import Payment
from apps.vault.tokens import sign_token
from tests.api.conftest import PAYMENTS, payment_body
from tests.factories import EndpointFactory, PaymentFactory
from tests.fakes import GENUINE_CALLBACK, submit_due

# As in production: no transaction but the product's own.
pytestmark = pytest.mark.django_db(transaction=True)

WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")


class Cost:
    """Statements sent and commits waited for within the block."""

    def __enter__(self):
        self._sent = CaptureQueriesContext(connection).__enter__()
        return self

    def __exit__(self, *error):
        self._sent.__exit__(*error)
        said = [query["sql"].split()[0].rstrip(";").upper() for query in self._sent]
        self.statements = len([word for word in said if word not in {"BEGIN", "COMMIT"}])
        self.commits, is_open = 0, False
        for word in said:
            if word == "BEGIN":
                is_open = True
            elif word == "COMMIT":
                is_open = False
                self.commits += 1
            elif word in WRITES and not is_open:
                # Outside a transaction each statement that writes is a commit of its own.
                self.commits += 1


@pytest.fixture
def warm(shop):
    """A shop whose process has answered before, as nearly always."""
    EndpointFactory(merchant=shop.merchant)
    assert shop.post().status_code == 201
    return shop


def test_creating_a_payment_is_one_statement_and_one_commit(warm):
    with Cost() as cost:
        answer = warm.post()

    assert answer.status_code == 201
    # Goal: at most 4 and 1.
    assert (cost.statements, cost.commits) == (1, 1)


def test_the_first_request_of_a_process_stays_within_eight_statements(shop):
    with Cost() as cost:
        answer = shop.post()

    assert answer.status_code == 201
    # The second commit notes, once a minute, that the key was used.
    assert (cost.statements, cost.commits) == (7, 2)


def test_a_repeated_request_is_answered_with_two_statements(warm):
    warm.post(payment_body(), key="again")

    with Cost() as cost:
        warm.post(payment_body(), key="again")

    assert cost.statements == 2


@pytest.mark.parametrize("count", [1, 50])
def test_a_list_is_one_statement_whatever_the_page(warm, count):
    for _ in range(count):
        PaymentFactory(merchant=warm.merchant)
    # Making so many may have taken longer than a key is remembered.
    warm.get("/api/v1/balance")

    with Cost() as cost:
        answer = warm.get(PAYMENTS, limit=count)

    assert len(answer.json()["data"]) == count
    assert (cost.statements, cost.commits) == (1, 0)


def test_a_refused_body_costs_nothing(warm):
    with Cost() as cost:
        warm.post(payment_body(amount=0))

    assert (cost.statements, cost.commits) == (0, 0)


def test_reading_balance_and_timeline_costs_little(warm):
    payment = Payment.objects.get()

    with Cost() as balance:
        warm.get("/api/v1/balance")
    with Cost() as timeline:
        warm.get(f"{PAYMENTS}/{payment.public_id}/timeline")

    assert (balance.statements, balance.commits) == (1, 0)
    # The payment, and five tables that know of it.
    assert (timeline.statements, timeline.commits) == (6, 0)


def test_taking_a_callback_is_one_statement_and_one_commit(clock, warm):
    submit_due(clock.now)
    attempt = Attempt.objects.get()
    path = f"/callbacks/fake/{sign_token('callback', attempt.pk)}"

    with Cost() as cost:
        answer = warm.client.post(path, GENUINE_CALLBACK, content_type="application/json")

    assert answer.status_code == 200
    assert (cost.statements, cost.commits) == (1, 1)
    assert OutboxMessage.objects.filter(topic="callback.received").exists()


def test_a_forged_callback_costs_nothing(warm):
    with Cost() as cost:
        warm.client.post("/callbacks/fake/" + "a" * 52, b"{}", content_type="application/json")

    assert (cost.statements, cost.commits) == (0, 0)
