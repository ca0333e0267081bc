"""The engine carries out instructions for whatever answers its questions: it knows no payment."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps

from apps.core.bulk_write import bulk_write
from apps.core.public_ids import encode_id, new_id
from apps.orchestration.models import Attempt, AttemptStatus, StatusChange
from apps.orchestration.rules import owners
from apps.orchestration.rules.outgoing_status import outgoing_status
from apps.orchestration.rules.owners import Lock, Writes
from apps.orchestration.services.open_attempt import open_attempt
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.orchestration.transitions import Lifecycle, record_move
from apps.providers.contract import CollectRequest, Operation, Outcome
from apps.webhooks.models import Event
from tests.factories import MerchantFactory
from tests.fakes import open_account, submit_due

ENGINE = Path(owners.__file__).resolve().parents[1]
FIELDS = ("status", "failure_code", "sequence", "completed_at")

LIFECYCLE = Lifecycle(
    owner_type="gift",
    moves={
        "": frozenset({"pending"}),
        "pending": frozenset({"processing", "verifying", "succeeded", "failed"}),
        "processing": frozenset({"verifying", "succeeded", "failed"}),
        "verifying": frozenset({"processing", "succeeded", "failed"}),
        "succeeded": frozenset(),
        "failed": frozenset(),
    },
    final=frozenset({"succeeded", "failed"}),
    event_type=lambda _, to: f"gift.{to}",
    as_json=lambda row: {"id": row.public_id, "status": row.status},
)


@pytest.fixture
def gift():
    """A model with a table of its own, which no app knows."""
    with isolate_apps("apps.orchestration"):

        class Gift(models.Model):
            id = models.UUIDField(primary_key=True, default=new_id)
            merchant_id = models.UUIDField()
            livemode = models.BooleanField(default=False)
            amount = models.BigIntegerField()
            currency = models.CharField(max_length=3)
            giver = models.CharField(max_length=20)
            status = models.CharField(max_length=16)
            failure_code = models.CharField(max_length=40, default="")
            sequence = models.IntegerField(default=0)
            created_at = models.DateTimeField()
            completed_at = models.DateTimeField(null=True)

            class Meta:
                app_label = "orchestration"
                db_table = "test_gift"

            @property
            def public_id(self):
                return encode_id("gift", self.pk)

    with connection.schema_editor(atomic=False) as editor:
        editor.create_model(Gift)
    return Gift


class GiftOwner:
    owner_type = "gift"
    prefix = "gift"
    admin_page = "admin:index"

    def __init__(self, model):
        self.model = model
        self.refused = ""
        self.ended = []

    def load(self, ids, *, lock=Lock.NONE):
        found = self.model.objects.filter(pk__in=ids).order_by("pk")
        if lock is not Lock.NONE:
            found = found.select_for_update(skip_locked=lock is Lock.SKIP)
        return {row.pk: row for row in found}

    def belongs_to(self, row):
        return ()

    def refusal(self, row, attempt, *, now):
        return self.refused

    def request_for(self, row, instruction):
        return CollectRequest(
            reference=instruction.attempt.reference,
            amount=row.amount,
            currency=row.currency,
            country="CM",
            payer_msisdn=row.giver,
            description="a gift",
            merchant_name="",
            callback_url=instruction.callback_url,
            return_url="",
            cancel_url="",
            not_after=instruction.not_after,
        )

    def counterparty(self, row, attempt=None):
        return row.giver

    def collected_reference(self, row):
        return None

    def ways(self, row):
        return {Operation.COLLECT: None}

    def went_by(self, row, operation, account):
        row.provider = account.connector
        return ("provider",)

    def settle(self, cases, *, now):
        writes = Writes()
        for case in cases:
            row = case.row
            status, code = outgoing_status(
                current=row.status, failure_code=row.failure_code, attempts=case.attempts
            )
            if status != row.status:
                row.failure_code = code
                moved = record_move(row, status, LIFECYCLE, source=case.source, now=now)
                writes.inserts += moved.rows
                writes.update(row, FIELDS)
        return writes

    def end_refused(self, ids, *, now):
        self.ended += ids


@pytest.fixture
def owner(gift, monkeypatch):
    owner = GiftOwner(gift)
    known = {"gift": owner, **owners.attempt_owners()}
    monkeypatch.setattr(owners, "attempt_owners", lambda: known)
    monkeypatch.setattr("apps.orchestration.selectors.load_attempts.attempt_owners", lambda: known)
    return owner


@pytest.fixture
def give(clock, provider, owner):
    """A gift with its attempt, born as services bear owners."""
    account = open_account()

    def make(amount=700):
        row = owner.model(
            merchant_id=MerchantFactory().pk,
            amount=amount,
            currency="XAF",
            giver="237677000001",
            status="",
            created_at=clock.now,
        )
        moved = record_move(row, "pending", LIFECYCLE, source="api", now=clock.now)
        attempt, birth = open_attempt(
            owner_type="gift",
            owner=row,
            operation=Operation.COLLECT,
            account=account,
            source="api",
            due_at=clock.now,
            now=clock.now,
        )
        bulk_write([row, *moved.rows, attempt, birth])
        return row, attempt

    return make


@pytest.mark.django_db
def test_a_type_of_owner_nobody_foresaw_is_claimed_sent_asked_and_settled(clock, provider, give):
    row, attempt = give()

    assert submit_due(clock.now) == 1
    row.refresh_from_db()
    assert (row.status, provider.orders[0].amount) == ("processing", 700)

    provider.settle(attempt.reference, Outcome.SUCCEEDED)
    clock.advance(seconds=30)
    answered = refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.now)

    row.refresh_from_db()
    assert (answered.pk, row.status, row.completed_at) == (row.pk, "succeeded", clock.now)
    told = Event.objects.filter(object_id=row.pk).order_by("sequence")
    assert [(event.type, event.sequence) for event in told] == [
        ("gift.pending", 1),
        ("gift.processing", 2),
        ("gift.succeeded", 3),
    ]
    moves = StatusChange.objects.filter(owner_type="gift", attempt=None).order_by("sequence")
    assert [move.to_status for move in moves] == ["pending", "processing", "succeeded"]


@pytest.mark.django_db
def test_what_its_owner_refuses_is_never_sent_and_the_owner_is_told(clock, provider, owner, give):
    row, attempt = give()
    owner.refused = "not wanted any more"

    assert submit_due(clock.now) == 0

    attempt.refresh_from_db()
    assert (attempt.status, provider.orders) == (AttemptStatus.NOT_SENT, [])
    assert owner.ended == [row.pk]
    last = StatusChange.objects.filter(attempt=attempt).latest("sequence")
    assert last.detail == "not wanted any more"


@pytest.mark.django_db
def test_owners_of_several_types_are_settled_in_one_batch(clock, provider, give, create):
    row, _ = give()
    payment = create()

    assert submit_due(clock.now) == 2

    row.refresh_from_db()
    payment.refresh_from_db()
    assert (row.status, payment.status) == ("processing", "pending")
    assert payment.attempts.get().status == "pending"


@pytest.mark.django_db
def test_another_amount_than_its_owner_asked_for_is_nobodys_success(clock, provider, give):
    row, attempt = give()
    submit_due(clock.now)
    Attempt.objects.filter(pk=attempt.pk).update(amount=600)
    provider.settle(attempt.reference, Outcome.SUCCEEDED)

    refresh_attempt(attempt_id=attempt.pk, source="poll", now=clock.now + timedelta(seconds=30))

    row.refresh_from_db()
    attempt.refresh_from_db()
    assert (row.status, attempt.status) == ("verifying", "unknown")
    assert attempt.contradiction == "amount 700 instead of 600"


def test_the_engine_names_no_type_of_owner():
    """But for rows older than the types, which are payments'."""
    names = set(owners.attempt_owners())
    spoken = {
        f"{path.name}:{node.lineno}"
        for path in ENGINE.rglob("*.py")
        if "migrations" not in path.parts and path.name != "models.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in names
    }

    assert spoken == set()
