"""A ledger of the release before is taken over whole."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from apps.core.public_ids import new_id
from apps.ledger.selectors.read_balance import read_balance
from apps.ledger.services.take_snapshots import take_snapshots
from tests.ledger.horizon import wait_for_older_transactions

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("ledger", "0001_initial")]


def migrate(targets):
    return MigrationExecutor(connection).migrate(targets)


@pytest.fixture
def before():
    """The schema as it was, and its models."""
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrate(BEFORE).apps
    migrate(newest)


def test_transfers_survive_the_upgrade_and_snapshots_cut_by_a_clock_do_not(before):
    account, transfer, snapshot = (
        before.get_model("ledger", name) for name in ("Account", "Transfer", "BalanceSnapshot")
    )
    merchant_id = new_id()
    clearing, payable = (
        account.objects.create(kind=kind, owner_id=owner_id, currency="XAF", livemode=False)
        for kind, owner_id in (("provider_clearing", new_id()), ("merchant_payable", merchant_id))
    )
    booking = {"from_account": clearing, "to_account": payable, "currency": "XAF", "kind": "gross"}
    for amount in (29_400, 24_500):
        transfer.objects.create(
            amount=amount, source_id=new_id(), created_at=timezone.now(), **booking
        )
    # Cut too late: the second transfer is behind it and not in it.
    snapshot.objects.create(account=payable, balance=29_400, taken_at=timezone.now())
    with connection.cursor() as cursor:
        # What an interrupted build leaves: a name that is taken.
        cursor.execute("CREATE INDEX transfer_in_by_transaction ON ledger_transfer (to_account_id)")

    migrate([("ledger", "0004_snapshots_by_transaction")])

    def balance():
        return [
            owed.amount for owed in read_balance(merchant_id=merchant_id, livemode=False).available
        ]

    assert balance() == [53_900]
    # A process of the old release still books.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_transfer (id, from_account_id, to_account_id, amount, currency,"
            " kind, source_id, created_at) VALUES (%s, %s, %s, 100, 'XAF', 'gross', %s, now())",
            [new_id(), clearing.pk, payable.pk, new_id()],
        )
        cursor.execute("SELECT count(*) FROM ledger_balancesnapshot")
        assert cursor.fetchone() == (0,)
    assert balance() == [54_000]
    wait_for_older_transactions()
    assert take_snapshots() == 2
    assert balance() == [54_000]
