"""What a report's lines said is proved, in whichever way it was written down when they came."""

import pytest
from django.db import transaction

from apps.reconciliation.models import StatementLine
from apps.reconciliation.rules.lines_digest import FORMER_DIGEST, lines_digest
from apps.reconciliation.selectors import find_violations as checker
from apps.reconciliation.selectors.find_violations import all_invariants
from apps.reconciliation.services import import_statement
from tests.factories import ProviderAccountFactory

from .reports import NOW, foreign_line, stage

pytestmark = pytest.mark.django_db

CHANGES = (
    {"amount": 1},
    {"amount": None},
    {"fee": 3},
    {"occurred_at": None},
    {"reference": ""},
    # Beside each other they say the same.
    {"reference": "ab", "provider_reference": "c"},
    {"settlement_reference": "S-2"},
    {"merchant_reference": "S-2"},
    {"number_index": b"x"},
    {"raw": "another"},
)


def test_a_line_that_was_changed_since_it_came_is_found(monkeypatch):
    account = ProviderAccountFactory()
    line = foreign_line(reference="a", provider_reference="bc")
    with monkeypatch.context() as before:
        before.setattr(import_statement, "DIGEST", FORMER_DIGEST)
        before.setattr(import_statement, "LINES_DIGEST", lines_digest(is_former="true"))
        former = stage(account, line, "{")
    statements = [former, stage(account, line, "{", days=2)]
    [said] = [one for one in all_invariants() if "lines say what they said" in one.name]
    monkeypatch.setattr(checker, "all_invariants", lambda: [said])

    def changed():
        return [found.violations for found in checker.find_violations(now=NOW)]

    assert changed() == [0]
    for statement in statements:
        for change in CHANGES:
            savepoint = transaction.savepoint()
            lines = StatementLine.objects.filter(statement=statement, line_number=1)
            assert lines.update(**change) == 1
            assert changed() == [1], (statement, change)
            transaction.savepoint_rollback(savepoint)
