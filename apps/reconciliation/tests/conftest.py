import pytest

from apps.reconciliation.selectors.find_violations import find_violations

from .reports import NOW


@pytest.fixture
def broken():
    """The ids of the invariants that are broken now."""

    def check(now=NOW, **options):
        findings = find_violations(now=now, **options)
        return sorted({found.invariant.id for found in findings if found.violations})

    return check
