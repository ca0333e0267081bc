"""Banks' statements as SWIFT has them: the library reads, and the sums are checked."""

from __future__ import annotations

import pytest

from apps.core.tables.cells import FileRefused
from apps.providers.contract import Operation, Outcome
from tests.statement_formats.files import MT940, read, records, refusals

ACCOUNT = MT940["account_number"]
BOTH = MT940 | {"operation_in": "collect", "operation_out": "disburse"}
CAME = ":61:2601310131C1500,NTRFa1//BANK-1\n:86:invoice 7\n"
LEFT = ":61:2601310131D500,NTRFa2//BANK-2\n"


def mt940(*movements, opening="C260130XOF1000,", closing="C260131XOF2500,", account=ACCOUNT):
    return (
        f":20:S1\n:25:{account}\n:28C:1/1\n:60F:{opening}\n{''.join(movements)}:62F:{closing}\n-\n"
    )


def refused(content):
    with pytest.raises(FileRefused) as caught:
        read(content, MT940)
    return caught.value


def test_movements_are_read_with_both_references():
    came, left = records(read(mt940(CAME, LEFT, closing="C260131XOF2000,"), BOTH))

    assert (came.reference, came.provider_reference, came.amount) == ("a1", "BANK-1", 1500)
    assert (came.kind, left.kind, left.amount) == (Operation.COLLECT, Operation.DISBURSE, 500)
    assert came.occurred_at.isoformat() == "2026-01-30T23:00:00+00:00"


@pytest.mark.parametrize(
    "told",
    ["/EREF/0a1b2c3d-4e5f/REMI/x", "166?00X?20EREF+0a1b2c3d-4e5f?21SVWZ+y", "EREF+0a1b2c3d-4e5f"],
)
def test_a_reference_in_full_is_taken_from_the_details(told):
    (line,) = records(read(mt940(CAME.replace("invoice 7", told)), MT940))

    assert line.reference == "0a1b2c3d-4e5f"


def test_what_the_bank_took_back_failed():
    back = ":61:2601310131RC500,NTRFa1//BANK-3\n"

    (line,) = records(read(mt940(back, closing="C260131XOF500,"), BOTH))

    assert (line.outcome, line.kind) == (Outcome.FAILED, Operation.COLLECT)


def test_several_statements_of_a_file_are_numbered_on():
    lines = records(read(mt940(CAME) + mt940(CAME.replace("a1", "a9")), MT940))

    assert [(one.line_number, one.reference) for one in lines] == [(1, "a1"), (2, "a9")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (mt940(CAME, closing="C260131XOF2499,"), "sums_differ"),
        (mt940(CAME, closing="C260131EUR2500,"), "sums_differ"),
        (mt940(CAME).split(":62F:")[0], "mt940_balance"),
        (mt940(CAME, account="CI00OTHER"), "account_differs"),
        (mt940(CAME) + mt940(CAME, account="CI00OTHER"), "account_differs"),
        (mt940(CAME.replace("C1500,", "Z1500,")), "mt940_broken"),
        (mt940(CAME.replace("1500,", "1500,5")), "mt940_broken"),
        (mt940(CAME.replace("260131", "269931")), "mt940_broken"),
        ("no statement at all\n", "file_type_differs"),
        ("", "file_empty"),
    ],
)
def test_what_does_not_add_up_or_cannot_be_read_is_refused_as_a_whole(content, code):
    assert refused(content).code == code


def test_the_figures_are_said():
    said = refused(mt940(CAME, closing="C260131XOF2499,")).values_of

    assert (said["opening"], said["booked"], said["made"], said["closing"]) == (
        "1000 XOF", "1500 XOF", "2500 XOF", "2499 XOF",
    )  # fmt: skip


def test_a_movement_without_any_reference_is_refused_alone():
    nameless = ":61:2601310131C1500,NTRFNONREF\n"
    last = LEFT.replace("D500", "C500")

    items = read(mt940(nameless, last, closing="C260131XOF3000,"), MT940)

    assert refusals(items) == [(1, "id_missing")]
    assert [one.reference for one in records(items)] == ["a2"]
