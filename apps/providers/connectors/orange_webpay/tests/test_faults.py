"""Every fault of the simulator against the real connector; the simulator's books are the truth."""

import contextlib

import pytest
import urllib3

from apps.providers.contract import (
    CallbackRejected,
    CallbackRequest,
    FailureCode,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ProviderMisbehaved,
)
from apps.providers.simulation.faults import MAGIC_SUFFIXES

from .bench import PlainTransport, approve, question, until

OUTCOME_OF = {
    "SUCCESS": Outcome.SUCCEEDED,
    "FAILED": Outcome.FAILED,
    "EXPIRED": Outcome.FAILED,
    "PENDING": Outcome.PENDING,
    "INITIATED": Outcome.PENDING,
}


@pytest.fixture
def hasty(simulator):
    """A connector that waits 0.3 s for an answer."""
    return simulator.connector(PlainTransport(timeout_s=0.3))


def accepted(connector, body, result):
    try:
        connector.parse_callback(
            CallbackRequest(
                method="POST", headers={}, body=body, connector_state=result.connector_state
            )
        )
    except CallbackRejected:
        return False
    return True


# At the order: the connector has no payment_url, so nobody can have paid.

BROKEN_CREATIONS = [
    ("drop_before_accepting", None),
    ("accept_then_drop", None),
    ("error_500", None),
    ("error_500_though_accepted", None),
    ("down", None),
    ("slow", 1),
    ("slow_bytes", 1),
    ("cut_body", 10),
    ("junk_body", None),
    ("truncated_json", None),
    ("huge_body", 200_000),
]


@pytest.mark.parametrize(("fault", "value"), BROKEN_CREATIONS)
def test_creation_without_an_address_is_not_sent(simulator, hasty, shop, fault, value):
    simulator.arm(fault, value=value)

    with pytest.raises(NotSent) as caught:
        hasty.collect(shop.request())

    assert caught.value.failure_code is None
    assert sum(row["times_executed"] for row in simulator.book()) == 0


def test_new_reference_pays_after_a_creation_that_broke(simulator, connector, shop):
    simulator.arm("accept_then_drop")
    with pytest.raises(NotSent):
        connector.collect(shop.request())

    second = shop.request()
    result = connector.collect(second)
    approve(result.next_action.url)

    assert connector.query(question(second, result)).outcome is Outcome.SUCCEEDED
    assert sorted(row["times_executed"] for row in simulator.book()) == [0, 1]


@pytest.mark.parametrize(
    ("amount", "fault", "stored"),
    [
        (19906, "accept_then_drop", 1),
        (19907, "error_500_though_accepted", 1),
        (19909, "down", 0),
        (19910, "junk_body", 1),
    ],
)
def test_magic_amount_breaks_the_creation_even_for_a_payer_who_pays_by_himself(
    simulator, connector, shop, amount, fault, stored
):
    simulator.settings(auto_approve_after_s=0)

    with pytest.raises(NotSent):
        connector.collect(shop.request(amount=amount))

    assert [row["fault"] for row in simulator.book()] == [fault] * stored
    assert sum(row["times_executed"] for row in simulator.book()) == 0


def test_magic_amount_answers_too_late(simulator, hasty, shop):
    simulator.settings(auto_approve_after_s=0)

    with pytest.raises(NotSent):
        hasty.collect(shop.request(amount=9908))

    assert [(row["fault"], row["times_executed"]) for row in simulator.book()] == [("slow", 0)]


def test_wrong_content_type_is_read_all_the_same(simulator, connector, shop):
    simulator.arm("wrong_content_type")

    assert connector.collect(shop.request()).outcome is Outcome.REQUIRES_ACTION


# At the query: the payment stays what it was, and the next question is answered.


@pytest.mark.parametrize(
    ("fault", "value", "error"),
    [
        ("drop_before_accepting", None, OutcomeUnknown),
        ("accept_then_drop", None, OutcomeUnknown),
        ("error_500", None, OutcomeUnknown),
        ("down", None, OutcomeUnknown),
        ("slow", 1, OutcomeUnknown),
        ("slow_bytes", 1, OutcomeUnknown),
        ("cut_body", 10, OutcomeUnknown),
        ("huge_body", 200_000, OutcomeUnknown),
        ("junk_body", None, ProviderMisbehaved),
        ("truncated_json", None, ProviderMisbehaved),
        ("answer_for_another", None, ProviderMisbehaved),
        ("wrong_amount", None, ProviderMisbehaved),
    ],
)
def test_broken_answer_never_becomes_an_outcome(simulator, hasty, shop, fault, value, error):
    request = shop.request()
    result = hasty.collect(request)
    approve(result.next_action.url)
    simulator.arm(fault, on="query", value=value)

    with pytest.raises(error):
        hasty.query(question(request, result))

    assert hasty.query(question(request, result)).outcome is Outcome.SUCCEEDED


def test_refused_credentials_at_the_query_leave_the_payment_open(simulator, connector, shop):
    request = shop.request()
    result = connector.collect(request)
    simulator.arm("token_expired", on="query", times=2)

    with pytest.raises(OutcomeUnknown):
        connector.query(question(request, result))


# By the payer's number, typed on the page.


@pytest.mark.parametrize(
    ("phone", "outcome", "failure_code"),
    [
        ("690900150", Outcome.FAILED, FailureCode.PROVIDER_DECLINED),
        ("690900151", Outcome.FAILED, FailureCode.PROVIDER_DECLINED),
        ("690900152", Outcome.FAILED, FailureCode.PAYER_TIMED_OUT),
        ("690900153", Outcome.PENDING, None),
        ("690900154", Outcome.PENDING, None),
        ("690000000", Outcome.SUCCEEDED, None),
    ],
)
def test_magic_number_decides_the_ending(connector, shop, phone, outcome, failure_code):
    request = shop.request()
    result = connector.collect(request)

    approve(result.next_action.url, phone)
    answered = connector.query(question(request, result))

    assert (answered.outcome, answered.failure_code) == (outcome, failure_code)


# 900006 to 900009 break the page itself: tested below, by armed faults.
@pytest.mark.parametrize("number", [n for n in range(1, 19) if n not in (6, 7, 8, 9)])
def test_magic_number_means_the_same_fault_as_everywhere(simulator, connector, shop, number):
    result = connector.collect(shop.request())

    approve(result.next_action.url, f"6909{number:05}")

    assert simulator.book()[0]["fault"] == MAGIC_SUFFIXES[f"9{number:05}"][0]


def test_lost_notification_leaves_the_truth_to_the_query(connector, shop):
    request = shop.request()
    result = connector.collect(request)

    approve(result.next_action.url, "690900001")

    assert connector.query(question(request, result)).outcome is Outcome.SUCCEEDED
    assert shop.heard == []


def test_notification_may_come_twice(connector, shop):
    result = connector.collect(shop.request())

    approve(result.next_action.url, "690900002")

    assert shop.statuses(2) == ["SUCCESS", "SUCCESS"]
    assert all(accepted(connector, body, result) for _, body in shop.heard)


def test_notification_may_come_late(simulator, connector, shop):
    request = shop.request()
    result = connector.collect(request)
    simulator.arm("late_callback", on="decide", value=0.3)

    approve(result.next_action.url)

    assert connector.query(question(request, result)).outcome is Outcome.SUCCEEDED
    assert shop.heard == []
    assert shop.statuses(1) == ["SUCCESS"]


@pytest.mark.parametrize(
    ("phone", "statuses"),
    [("690900004", ["SUCCESS", "PENDING"]), ("690900013", ["SUCCESS", "FAILED"])],
)
def test_notifications_that_contradict_leave_the_truth_to_the_query(
    connector, shop, phone, statuses
):
    request = shop.request()
    result = connector.collect(request)

    approve(result.next_action.url, phone)

    assert shop.statuses(2) == statuses
    assert connector.query(question(request, result)).outcome is Outcome.SUCCEEDED


def test_forged_notifications_are_rejected_and_the_payment_failed(connector, shop):
    request = shop.request()
    result = connector.collect(request)

    approve(result.next_action.url, "690900005")

    assert shop.statuses(2) == ["SUCCESS", "SUCCESS"]
    assert not any(accepted(connector, body, result) for _, body in shop.heard)
    assert connector.query(question(request, result)).outcome is Outcome.FAILED


def test_notification_of_another_order_is_rejected(connector, shop):
    request = shop.request()
    result = connector.collect(request)

    approve(result.next_action.url, "690900014")

    [(_, body)] = until(lambda: shop.heard)
    assert not accepted(connector, body, result)
    with pytest.raises(ProviderMisbehaved):
        connector.query(question(request, result))


def test_amount_that_does_not_match_is_for_a_person(simulator, connector, shop):
    request = shop.request()
    result = connector.collect(request)

    approve(result.next_action.url, "690900011")

    with pytest.raises(ProviderMisbehaved):
        connector.query(question(request, result))
    assert simulator.book()[0]["times_executed"] == 1


def test_success_may_follow_expiry(simulator, connector, shop):
    simulator.arm("late_success", on="decide", value=0.4)
    request = shop.request()
    result = connector.collect(request)

    approve(result.next_action.url)

    first = connector.query(question(request, result))
    assert first.failure_code is FailureCode.PAYER_TIMED_OUT
    assert shop.statuses(2) == ["EXPIRED", "SUCCESS"]
    assert connector.query(question(request, result)).outcome is Outcome.SUCCEEDED


def test_late_approval_is_pending_until_then(simulator, connector, shop):
    simulator.arm("late_approval", on="decide", value=0.3)
    request = shop.request()
    result = connector.collect(request)

    approve(result.next_action.url)

    assert connector.query(question(request, result)).outcome is Outcome.PENDING
    assert shop.statuses(1) == ["SUCCESS"]
    assert connector.query(question(request, result)).outcome is Outcome.SUCCEEDED


def test_order_hidden_at_first_is_not_taken_for_unknown(simulator, connector, shop):
    simulator.arm("hidden_at_first", on="decide", value=0.3)
    request = shop.request()
    result = connector.collect(request)
    approve(result.next_action.url)

    with pytest.raises(ProviderMisbehaved):
        connector.query(question(request, result))

    def paid():
        try:
            return connector.query(question(request, result)).outcome is Outcome.SUCCEEDED
        except ProviderMisbehaved:
            return False

    assert until(paid)


def test_junk_comes_to_the_queries_and_passes(connector, shop):
    request = shop.request()
    result = connector.collect(request)
    approve(result.next_action.url, "690900010")

    for _ in range(2):
        with pytest.raises(ProviderMisbehaved):
            connector.query(question(request, result))

    assert connector.query(question(request, result)).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("fault", ["down", "error_500"])
def test_page_that_is_down_decides_nothing(simulator, connector, shop, fault):
    simulator.arm(fault, on="decide")
    result = connector.collect(shop.request())

    assert approve(result.next_action.url).status >= 500
    assert simulator.book()[0]["status"] == "INITIATED"


@pytest.mark.parametrize(
    ("fault", "is_paid"),
    [("accept_then_drop", 1), ("error_500_though_accepted", 1), ("drop_before_accepting", 0)],
)
def test_page_that_breaks_at_the_payers_yes_is_settled_by_the_query(
    simulator, connector, shop, fault, is_paid
):
    simulator.arm(fault, on="decide")
    request = shop.request()
    result = connector.collect(request)

    with contextlib.suppress(urllib3.exceptions.HTTPError):
        approve(result.next_action.url)

    expected = Outcome.SUCCEEDED if is_paid else Outcome.PENDING
    assert connector.query(question(request, result)).outcome is expected
    assert simulator.book()[0]["times_executed"] == is_paid


# The payer who pays by himself, for runs without a person.


def test_whatever_happens_we_end_with_oranges_books(simulator, connector, shop):
    simulator.settings(auto_approve_after_s=0)
    amounts = [100, 9901, 9902, 9905, 9913, 9950, 9952, 9954, 2_000_000]
    asked = []
    for amount in amounts:
        request = shop.request(amount=amount)
        asked.append((request, connector.collect(request)))

    ours = [connector.query(question(request, result)) for request, result in asked]

    booked = simulator.book()
    assert [answer.outcome for answer in ours] == [OUTCOME_OF[row["status"]] for row in booked]
    assert [answer.amount for answer in ours] == [
        row["amount"] if row["times_executed"] else None for row in booked
    ]
    assert len({row["reference"] for row in booked}) == len(amounts)
