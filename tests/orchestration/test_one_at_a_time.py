"""What the database lets stand beside each other of one owner: it is paid for once."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from apps.core.public_ids import new_id
from apps.orchestration.models import ATTEMPT_FINAL, Attempt
from tests.fakes import open_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt(clock, provider):
    """Write an attempt of the one owner; the operations may be such as no connector has yet."""
    account, owner_id = open_account(), new_id()

    def write(operation, status):
        with transaction.atomic():
            return Attempt.objects.create(
                owner_id=owner_id,
                operation=operation,
                provider_account=account,
                reference=uuid.uuid4(),
                status=status,
                next_check_at=None if status in ATTEMPT_FINAL else clock.now,
                created_at=clock.now,
            )

    return write


@pytest.mark.parametrize("operation", ["collect", "authorize", "refund", "disburse"])
@pytest.mark.parametrize("status", ["created", "unknown", "authorized", "succeeded"])
def test_beside_what_may_have_moved_the_money_nothing_else_begins(attempt, operation, status):
    attempt(operation, "failed")
    attempt(operation, "not_sent")
    attempt(operation, status)

    for another in ("created", "succeeded"):
        with pytest.raises(IntegrityError):
            attempt(operation, another)


@pytest.mark.parametrize("began", ["authorized", "succeeded"])
def test_what_follows_comes_one_at_a_time_and_several_may_succeed(attempt, began):
    attempt("authorize", began)
    first = attempt("capture", "created")
    for operation in ("capture", "void"):
        with pytest.raises(IntegrityError):
            attempt(operation, "created")

    first.status, first.next_check_at = "succeeded", None
    first.save()
    attempt("capture", "succeeded")
    attempt("capture", "failed")
    attempt("void", "submitted")

    with pytest.raises(IntegrityError):
        attempt("capture", "created")
    with pytest.raises(IntegrityError):
        attempt("collect", "created")
