"""What the services refuse to staff is said in the reader's language."""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from apps.core.admin import show_refusal
from apps.core.errors import DomainError
from apps.orchestration.services.close_unresolved import CloseRefused
from apps.payments.services.reserve_refund import RefundExceedsPayment

ROOT = Path(settings.BASE_DIR)
TRANSLATES = {"_", "gettext", "ngettext"}
# What pages reach by name only: approved acts, and who answers for an attempt.
BY_NAME = ("config.approvable_actions", "config.attempt_owners")
# Whoever calls these says it in her own words: a search finds nothing, a page says to try later, a
# line of a batch has the code. A rule's problems are translated where they are found.
SAID_OTHERWISE = (
    "apps.providers.rules.phone_numbers",
    "apps.sign_in.limits",
    "apps.routing.rules.refusals",
    "apps.routing.services.route",
    "apps.approvals.services.save_rule",
    "apps.statement_formats.rules.check_layout",
)


def modules():
    paths = [
        *(ROOT / "config").glob("*.py"),
        *(
            path
            for path in (ROOT / "apps").rglob("*.py")
            if not {"tests", "migrations"} & set(path.parts)
        ),
    ]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in paths}


MODULES = modules()


@cache
def tops(module):
    """Name -> what defines it at the top of a module."""
    found = {}
    for node in ast.parse(MODULES[module].read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {one.id: node for one in targets if isinstance(one, ast.Name)}
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                found[name.asname or name.name] = (node.module, name.name)
    return found


def resolve(module, name):
    """Where a name of a module is defined; None if it is none of ours."""
    while module in MODULES:
        node = tops(module).get(name)
        if not isinstance(node, tuple):
            return (module, name) if node is not None else None
        if f"{node[0]}.{node[1]}" in MODULES:
            return None
        module, name = node
    return None


def names_in(module, node):
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield resolve(module, each.id)
        elif isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            origin = tops(module).get(each.value.id)
            if isinstance(origin, tuple):
                yield resolve(".".join(origin), each.attr)
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield resolve(*each.value.rpartition(".")[::2])


def is_admin(module):
    return module.startswith("apps.") and any(
        part.startswith("admin") for part in module.split(".")
    )


@cache
def reachable():
    """(module, name) of all that pages of the admin may run."""
    waiting = [
        (module, name)
        for module in MODULES
        if is_admin(module) or module in BY_NAME
        for name, node in tops(module).items()
        if not isinstance(node, tuple)
    ]
    found = set()
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        module, name = one
        waiting += filter(None, names_in(module, tops(module)[name]))
    return found


def refusal_class(module, name):
    """The DomainError that a name stands for, if it does."""
    found = resolve(module, name)
    if found is None or not isinstance(tops(found[0])[found[1]], ast.ClassDef):
        return None
    made = getattr(import_module(found[0]), found[1])
    return made if isinstance(made, type) and issubclass(made, DomainError) else None


def is_translated(text, function):
    for each in ast.walk(text):
        if isinstance(each, ast.Call) and getattr(each.func, "id", "") in TRANSLATES:
            return True
        if isinstance(each, ast.Name) and any(
            isinstance(node, ast.Assign)
            and any(getattr(target, "id", "") == each.id for target in node.targets)
            and getattr(getattr(node.value, "func", None), "id", "") in TRANSLATES
            for node in ast.walk(function)
        ):
            return True
    return False


def refusals():
    """(where, class or None if it is given as an argument, call, function) of each one made."""
    for module, name in sorted(reachable()):
        if module in SAID_OTHERWISE:
            continue
        top = tops(module)[name]
        given = {
            each.arg
            for each in ast.walk(top)
            if isinstance(each, ast.arg)
            and each.annotation
            and "type[DomainError]" in ast.unparse(each.annotation)
        }
        for call in ast.walk(top):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            made = refusal_class(module, call.func.id)
            if made or call.func.id in given:
                yield f"{module}.{name}:{call.lineno} {call.func.id}", made, call, top


def test_whatever_staff_can_be_refused_is_said_in_their_language():
    found = list(refusals())
    english = [
        where
        for where, made, call, function in found
        if not (made and made.staff_words)
        and not (call.args and is_translated(call.args[0], function))
    ]

    # Those that are reached by name, through an owner, and through an argument are among them.
    assert {CloseRefused, RefundExceedsPayment, None} <= {made for _, made, _, _ in found}
    assert not english, "translate the detail, or give the class staff_words"


def test_what_staff_read_instead_is_in_french():
    english = []
    for made in {made for _, made, _, _ in refusals() if made and made.staff_words}:
        with override("en"):
            said = show_refusal(made())
        with override("fr"):
            if show_refusal(made()) == said:
                english.append(made)

    assert not english


def test_no_page_shows_what_programs_read():
    shown = [
        f"{module}:{each.lineno}"
        for module in MODULES
        if is_admin(module)
        for handler in ast.walk(ast.parse(MODULES[module].read_text()))
        if isinstance(handler, ast.ExceptHandler) and handler.name
        for each in ast.walk(handler)
        if isinstance(each, ast.Attribute)
        and each.attr in ("detail", "title")
        and getattr(each.value, "id", "") == handler.name
    ]

    assert not shown, "show_refusal says it in the reader's language"


@pytest.mark.parametrize(
    ("language", "words"), [("en", "more than is left"), ("fr", "plus que ce qui reste")]
)
def test_programs_read_english_and_staff_their_own_language(language, words):
    refusal = RefundExceedsPayment("100 XAF can still be refunded.")

    with override(language):
        assert words in show_refusal(refusal)
        assert refusal.detail == "100 XAF can still be refunded."
