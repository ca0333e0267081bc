"""No migration stops the traffic: every statement of every one is of a kind that cannot.

Their order is PostgreSQL's: https://www.postgresql.org/docs/current/sql-altertable.html
"""

import re

import pytest
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader

pytestmark = pytest.mark.django_db(transaction=True)

# Statements of an older table that lock it for no longer than the catalogue is written.
SAFE = (
    # Neither readers nor writers wait.
    r"(CREATE|DROP) (UNIQUE )?INDEX CONCURRENTLY IF (NOT )?EXISTS",
    r"ALTER TABLE \S+ VALIDATE CONSTRAINT",
    r"ALTER TABLE \S+ SET \(",
    # No row is read or written.
    r"ALTER TABLE \S+ ADD COLUMN IF NOT EXISTS \S+ (?!.*(NOT NULL|UNIQUE)).* NULL",
    r"ALTER TABLE \S+ ADD COLUMN IF NOT EXISTS \S+ \S+"
    r" DEFAULT ('[^']*'|\w+)(::\w+)? NOT NULL(;| CHECK)",
    r"ALTER TABLE \S+ ADD CONSTRAINT .* NOT VALID",
    r"ALTER TABLE \S+ DROP CONSTRAINT IF EXISTS",
    r"ALTER TABLE \S+ DROP COLUMN IF EXISTS",
    r"ALTER TABLE \S+ ALTER COLUMN \S+ (DROP NOT NULL|SET STATISTICS \d+|SET STORAGE \w+);",
    r"CREATE (OR REPLACE )?(FUNCTION|TRIGGER|VIEW)",
    r"(SET|RESET) (lock|statement)_timeout",
)

# What is of another kind, and why it does no harm.
FEW_KEYS = "API keys and members are thousands, no more"
JUSTIFIED = {
    ("approvals", "0002_decisions_and_rules"): "requests are few, those of two years at most",
    ("core", "0002_wider_idempotency_endpoint"): "a longer varchar is written to no row",
    ("core", "0006_contradictions_are_of_attempts"): "contradictions are few",
    ("fees", "0002_plans_of_merchants"): "1,000 merchants a batch, each with its own commit",
    ("fees", "0005_contracts_of_providers"): "accounts are few; each commits by itself",
    ("ledger", "0002_transfer_database_transaction"): "a constant default is written to no row",
    ("ledger", "0004_snapshots_by_transaction"): "the sum is read beside the bookings",
    ("ledger", "0006_transfers_by_attempt"): "concurrently; what was broken off is dropped first",
    ("merchants", "0002_members_and_key_rotation"): FEW_KEYS,
    ("merchants", "0003_keys_with_few_scopes_are_restricted"): FEW_KEYS,
    ("merchants", "0005_merchant_fee_currency"): "merchants are thousands, no more",
    ("merchants", "0007_keys_hold_what_they_were_made_with"): FEW_KEYS,
    ("oauth", "0002_addresses_and_exchanged_pairs"): "applications and certificates are few",
    ("webhooks", "0007_queue_wait_and_life"): "constant defaults, and deliveries in batches",
    ("orchestration", "0001_attempts_come"): "content types are a hundred rows",
    ("orchestration", "0002_fill_amounts"): "1,000 rows a batch, each with its own commit",
    ("payments", "0003_fill_metadata_entries"): "1,000 rows a batch, each with its own commit",
    ("payments", "0006_status_change_once"): "concurrently; what was broken off is dropped first",
    (
        "payments",
        "0008_submissions_need_no_message",
    ): "1,000 rows a batch, each with its own commit",
    (
        "payments",
        "0011_merchant_account_blocked",
    ): "1,000 rows a batch, each with its own commit",
    (
        "payments",
        "0012_what_changes_stands_apart",
    ): "1,000 rows a batch; concurrently, what was broken off is dropped first",
    ("realtime", "0003_place_what_was_missed"): "10,000 rows a step; only the feed waits for it",
    ("reconciliation", "0003_one_open_discrepancy"): "concurrently; the old is dropped first",
    ("reconciliation", "0004_days_of_known_statements"): "one row for each file ever imported",
    (
        "reconciliation",
        "0008_discrepancies_that_act",
    ): "constant defaults; 1,000 rows a batch, each with its own commit",
    (
        "payout_batches",
        "0011_lines_are_summed_as_they_are_written",
    ): "a batch at a time, each with its own commit",
    (
        "payout_batches",
        "0013_file_names_without_numbers",
    ): "1,000 rows a batch, each with its own commit",
    (
        "reconciliation",
        "0021_file_names_without_numbers",
    ): "1,000 rows a batch, each with its own commit",
    ("support_tickets", "0002_first_canned_answers"): "a dozen rows",
    ("support_tickets", "0004_first_service_levels"): "a dozen rows",
    ("webhooks", "0002_endpoint_rotation_and_pause"): "endpoints are thousands, no more",
    ("webhooks", "0005_events_know_their_transaction"): "in turns of its own, and concurrently",
    ("webhooks", "0006_api_keys_count_on"): "row by row; keys are thousands, no more",
    (
        "webhooks",
        "0011_states_apart_from_deliveries",
    ): "1,000 rows a batch, each with its own commit",
}


def _is_ours(migration):
    """Not an app's first, which meets no traffic."""
    return migration.__module__.startswith("apps.") and not migration.initial


def _steps(newest=None):
    """(app, name) -> migration, its operations each with the states around it.

    `newest`: of each app so many; None: all. Models are made of the states of those alone.
    """
    loader = MigrationLoader(None)
    plan = []
    for leaf in loader.graph.leaf_nodes():
        plan += [node for node in loader.graph.forwards_plan(leaf) if node not in plan]
    of_app = {}
    for node in plan:
        of_app.setdefault(node[0], []).append(node)
    # Without a number it is the whole list.
    looked_at = {
        node
        for nodes in of_app.values()
        for node in nodes[-(newest or 0) :]
        if _is_ours(loader.graph.nodes[node])
    }
    state = loader.project_state((), at_end=False)
    found = {}
    for node in _late(plan, looked_at, loader.graph):
        migration = loader.graph.nodes[node]
        if node not in looked_at:
            if "apps" in vars(state):
                state = state.clone()
                del state.apps
            state = migration.mutate_state(state, preserve=False)
            continue
        # Models are made whole once for all that follow; each operation changes a few.
        _ = state.apps
        steps = []
        for operation in migration.operations:
            after = state.clone()
            operation.state_forwards(migration.app_label, after)
            steps.append((operation, state, after))
            state = after
        found[node] = migration, steps
    return found


def _late(plan, chosen, graph):
    """The plan with the chosen ones as late as others let them be."""
    done, waiting = set(), list(plan)
    while waiting:
        ready = [
            node for node in waiting if {one.key for one in graph.node_map[node].parents} <= done
        ]
        node = next((one for one in ready if one not in chosen), ready[0])
        waiting.remove(node)
        done.add(node)
        yield node


def _parts(operation):
    yield operation
    for part in getattr(operation, "database_operations", []):
        yield from _parts(part)


def _statements(app, steps):
    """Every statement, one line each."""
    for operation, before, after in steps:
        with connection.schema_editor(collect_sql=True, atomic=False) as editor:
            operation.database_forwards(app, editor, before, after)
        yield from (" ".join(sql.split()) for sql in editor.collected_sql if sql[:2] != "--")


def _is_of_new_table(sql, new):
    found = re.match(r"(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX .+? ON) (\S+)", sql)
    return sql.startswith("CREATE TABLE") or (found is not None and found[1] in new)


def test_every_statement_of_a_migration_commits_by_itself():
    """In one transaction what the first locked stays locked until the last is done."""
    ours = {
        node: migration
        for node, migration in MigrationLoader(None).graph.nodes.items()
        if _is_ours(migration)
    }

    assert len(ours) > 100
    assert [node for node, migration in ours.items() if migration.atomic] == []


# What came before changes no more: `make soak` reads it all again.
@pytest.mark.parametrize("newest", [2, pytest.param(None, marks=pytest.mark.soak)])
def test_no_statement_of_a_migration_reads_or_writes_a_table_while_it_is_locked(newest):
    unsafe = set()
    looked_at = _steps(newest)
    for node, (migration, steps) in looked_at.items():
        statements = list(_statements(migration.app_label, steps))
        new = {sql.split()[5] for sql in statements if sql.startswith("CREATE TABLE")}
        unsafe |= {
            node
            for sql in statements
            if not _is_of_new_table(sql, new)
            and not any(re.match(kind, sql, re.IGNORECASE) for kind in SAFE)
        }
        if any(
            isinstance(part, migrations.RunPython)
            for operation, *_ in steps
            for part in _parts(operation)
        ):
            unsafe.add(node)

    assert unsafe == set(JUSTIFIED) & looked_at.keys()
    # Of each app the newest, wherever it is not the first.
    graph = MigrationLoader(None).graph
    assert {one for one in graph.leaf_nodes() if _is_ours(graph.nodes[one])} <= looked_at.keys()
