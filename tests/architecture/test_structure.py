"""What imports alone cannot show: the house is built as its plan says."""

import ast
import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

from apps.core import failpoints
from apps.core.work.topics import routes
from apps.vault.encrypted_columns import all_columns
from local.architecture import layers

ROOT = Path(__file__).resolve().parents[2]
OURS = sorted(
    path
    for path in (ROOT / "apps").rglob("*.py")
    if "tests" not in path.parts and "migrations" not in path.parts
)

# Relations point down as imports do, or stay in their own app.
LEVEL = {room.name: level for level, rooms in enumerate(reversed(layers())) for room in rooms}


def named(path):
    return str(path.relative_to(ROOT))


def test_every_app_has_its_layer():
    labels = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}

    assert labels <= set(LEVEL)


def test_relations_point_down():
    upward = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in LEVEL
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model
        for target in [field.related_model._meta.app_label]
        if target != model._meta.app_label
        and target in LEVEL
        and LEVEL[target] >= LEVEL[model._meta.app_label]
    ]

    assert upward == []


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.parametrize("topic", sorted(routes()))
def test_every_topic_has_somebody_to_do_it(topic):
    route = routes()[topic]

    assert callable(route.load_handler())
    assert route.before_batch == "" or callable(route.load_before_batch())
    assert route.threads > 0


@pytest.mark.parametrize("topic", sorted(routes()))
def test_every_topic_is_promised_or_claimed_somewhere(topic):
    naming = [path for path in OURS if f'"{topic}"' in path.read_text()]
    is_own_source = type(routes()[topic].source).__name__ != "OutboxTopic"

    assert naming or is_own_source


def test_the_worker_listens_to_every_queue():
    from local.stack import QUEUES

    assert {route.queue for route in routes().values()} <= set(QUEUES.split(","))


def test_every_failpoint_is_passed_at_one_place_under_its_name():
    passed = Counter(
        name for path in OURS for name in re.findall(r'failpoint\("([^"]+)"\)', path.read_text())
    )

    assert passed == Counter(failpoints.NAMES)


def test_no_failpoint_is_named_by_anything_but_its_text():
    # A name in a variable would escape the test above.
    odd = [
        f"{named(path)}:{node.lineno}"
        for path in OURS
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "failpoint"
        and not (node.args and isinstance(node.args[0], ast.Constant))
    ]

    assert odd == []


SERVICES = [path for path in OURS if path.parent.name == "services" and path.stem != "__init__"]


@pytest.mark.parametrize("path", SERVICES, ids=named)
def test_a_service_is_one_use_case_named_as_its_file(path):
    functions = [
        node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)
    ]

    if functions:
        assert path.stem in functions or path.stem in COMPANIONS
    else:
        # A source of due work and an owner of attempts are classes: others call them by name.
        assert path.stem in {"claim_deliveries", "attempt_owner"}


# Files whose use case has a shorter name, or two halves.
COMPANIONS = {"chain_entries", "claim_deliveries"}


def test_nothing_waits_in_a_file_without_a_name():
    vague = [named(path) for path in OURS if path.stem in {"utils", "helpers", "common", "misc"}]

    assert vague == []


ADMIN_LINES_MAX = 400


def test_no_admin_file_is_longer_than_can_be_read_at_once():
    long = {
        named(path)
        for path in OURS
        if (path.stem.startswith("admin") or path.parent.name == "admin")
        and len(path.read_text().splitlines()) > ADMIN_LINES_MAX
    }

    assert long == set()


# Encrypts for whom calls it.
PASSES_ON = "apps.vault.kept_files"


def test_every_context_that_is_encrypted_for_has_its_column():
    named_contexts = set()
    for path in OURS:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or module == PASSES_ON:
                continue
            called = getattr(node.func, "id", "")
            if called not in {"encrypt", "encrypt_all", "encrypted_columns"}:
                continue
            found = [word.value for word in node.keywords if (word.arg or "").endswith("context")]
            assert len(found) == (2 if called == "encrypted_columns" else 1), path
            for context in found:
                if isinstance(context, ast.Name):
                    named_contexts.add(getattr(import_module(module), context.id))
                else:
                    assert ast.unparse(context) == "self.context", path

    assert named_contexts - NOT_REENCRYPTED == {column.context for column in all_columns()}


# One for each key; thirty seconds in Redis.
NOT_REENCRYPTED = {"vault_keycanary.proof", "realtime.ticket"}
