"""SQL names the tables of its own app: who changes a table reads one app to know who uses it.

The import rules see no text. What names a table of another app is a check of the books, belongs to
an app that joins others by trade, or is justified here; upwards nothing is named at all.
"""

import ast
import re
import tomllib
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
# Migrations are about the tables as they were, tests about all of them.
PASSED_OVER = {"tests", "migrations"}
NAMED = re.compile(
    r"\b(?:FROM|JOIN|UPDATE|INTO|TABLE|USING|COPY|ANALYZE|LOCK)\s+(?:ONLY\s+)?\"?([a-z_]+)"
)

# They compare what the others have written.
JOINING_BY_TRADE = {"day_reports", "reconciliation", "reporting"}
# A rule about an app's rows is a query over what they refer to.
CHECK = "invariants.py"
JUSTIFIED = {
    ("refunds/selectors/load_refunds.py", "payments_attempt"): "a refund, its payment and what"
    " collected it are one query of the claim",
    ("refunds/selectors/load_refunds.py", "payments_payment"): "as above",
    ("payout_batches/selectors/reached_sums.py", "payouts_payout"): "what a payee of a batch was"
    " sent beside it, of a million payees, is one query or a million",
    ("payout_batches/selectors/past_payouts.py", "payouts_payout"): "sums as they stood at each"
    " payout, without those of batches, are one pass over a month",
    ("payout_batches/selectors/past_batches.py", "payouts_payout"): "the same of each batch",
    ("payout_batches/selectors/past_batches.py", "approvals_approval"): "as above",
    ("refunds/selectors/past_refunds.py", "payments_payment"): "the same of refunds, with the"
    " operator of their payments",
    ("refunds/selectors/past_refunds.py", "payments_statuschange"): "and with who made them",
    ("realtime/selectors/read_feed.py", "webhooks_event"): "the feed is the order of events, and"
    " holds none of them (ADR 9)",
    ("realtime/services/sequence_events.py", "webhooks_event"): "as above",
}


def tables():
    """Table -> the app whose model it is."""
    return {
        model._meta.db_table: model.__module__.split(".")[1]
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("apps.")
    }


def named(owners):
    """(app, path within apps/, table of another app) of every text that names one."""
    for path in sorted((ROOT / "apps").rglob("*.py")):
        place = path.relative_to(ROOT / "apps")
        if not PASSED_OVER.isdisjoint(place.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for table in NAMED.findall(node.value):
                    if owners.get(table, place.parts[0]) != place.parts[0]:
                        yield place.parts[0], place.as_posix(), table


def layers():
    """App -> how deep it lies."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    house = next(one for one in contracts["contracts"] if one.get("containers") == ["apps"])
    return {
        app.strip(" ()"): depth
        for depth, layer in enumerate(house["layers"])
        for app in layer.split("|")
    }


def test_sql_names_only_its_own_apps_tables():
    strange = {
        (path, table)
        for app, path, table in named(tables())
        if app not in JOINING_BY_TRADE and not path.endswith(f"/{CHECK}")
    }

    assert strange == set(JUSTIFIED)


def test_no_sql_names_a_table_of_an_app_it_may_not_import():
    owners, depth = tables(), layers()
    found = list(named(owners))

    assert len(found) > 20
    upwards = [one for one in found if depth[owners[one[2]]] <= depth[one[0]]]
    assert upwards == []
