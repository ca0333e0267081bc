"""`python -m tests.upgrades.newest_step back|forth APP…`: of each app the newest migration alone.

What depends on it stays as it is: to take that back too would take back half of the platform.
"""

import sys

import django

django.setup()

from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402


def newest(loader, labels):
    """(node, migration) of each, those first that others of them depend on."""
    leaves = [node for node in loader.graph.leaf_nodes() if node[0] in labels]
    order = list(dict.fromkeys(n for leaf in leaves for n in loader.graph.forwards_plan(leaf)))
    return [(node, loader.graph.nodes[node]) for node in sorted(leaves, key=order.index)]


def back(labels):
    executor = MigrationExecutor(connection)
    for node, migration in reversed(newest(executor.loader, labels)):
        executor.unapply_migration(executor.loader.project_state(node, at_end=False), migration)


def forth(labels):
    """Twice, as if each had been broken off right before its end."""
    executor = MigrationExecutor(connection)
    for node, migration in newest(executor.loader, labels):
        before = executor.loader.project_state(node, at_end=False)
        executor.apply_migration(before.clone(), migration)
        executor.recorder.record_unapplied(*node)
        executor.apply_migration(before, migration)


if __name__ == "__main__":
    {"back": back, "forth": forth}[sys.argv[1]](sys.argv[2:])
