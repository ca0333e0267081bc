from __future__ import annotations

from apps.providers.connectors.mtn_momo.connector import PROFILE as MTN
from apps.providers.connectors.mtn_momo.simulator import MtnMomoSimulator
from apps.providers.connectors.orange_webpay.simulator.endings import ENDINGS
from apps.providers.contract import Operation
from apps.providers.simulation.faults import DEFAULT_VALUES, MAGIC_SUFFIXES, FaultKind
from tests.docs.numbers.claim import KEPT, LEAST, Claim, Shown, in_source

MTN_COLLECTS = MTN.operations[Operation.COLLECT]
ORANGE = "apps/providers/connectors/orange_webpay/simulator/simulator.py"
ONGOING_S = MtnMomoSimulator.setting_defaults["ongoing_after_s"]
ORANGE_FAULTS = (
    "apps/providers/connectors/orange_webpay/tests/test_faults.py"
    "::test_magic_amount_breaks_the_creation_even_for_a_payer_who_pays_by_himself"
)

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/operations.md": [
        ("| {} days | `RETENTION_CALLBACKS_DAYS` | {} |", KEPT["callbacks"], LEAST["callbacks"]),
        (
            "| {} days, where nobody decides on them | `RETENTION_STAGED_CREDENTIALS_DAYS` | {} |",
            KEPT["staged_credentials"],
            LEAST["staged_credentials"],
        ),
    ],
    "docs/guides/testing.md": [
        ("The last {} digits count", len(next(iter(MAGIC_SUFFIXES)))),
        ("after {} a minute | `succeeded`", ONGOING_S / 60),
        ("after {} a minute | `processing`, then `succeeded`", ONGOING_S / 60),
        (
            "`pending`, then `expired` after {} minutes",
            MTN_COLLECTS.expires_after_s / 60,
        ),
        ("It comes {} seconds later", DEFAULT_VALUES[FaultKind.LATE_CALLBACK]),
        ("The answer takes {} seconds", DEFAULT_VALUES[FaultKind.SLOW]),
        (
            "for a person; `expired` after {} minutes",
            MTN_COLLECTS.expires_after_s / 60,
        ),
        ("The same one a {} times", MAGIC_SUFFIXES["900015"][1]),
        ("{} seconds longer than usual", DEFAULT_VALUES[FaultKind.LATE_APPROVAL]),
        ("do not know it for {} seconds", DEFAULT_VALUES[FaultKind.HIDDEN_AT_FIRST]),
        (
            "the {}-digit code",
            in_source(ORANGE, r"_000\):0(\d)\}"),
        ),
        ("`SUCCESS` after {} seconds", ENDINGS["900153"][1]),
        (
            "the amount: {} and the last {} digits of the fault, at the end of the amount: {} is",
            *[Shown(value, ORANGE_FAULTS) for value in (99, 2, 19909)],
        ),
    ],
}
