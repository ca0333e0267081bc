"""Who corrects one cell of a line has said nothing of the others."""

from __future__ import annotations

import pytest

from apps.core.tables.cells import MinorUnits
from apps.payout_batches.models import PayoutBatchLine
from apps.payout_batches.services.correct_line import correct_line
from tests.payout_batches.files import pain001, transfer, xlsx

pytestmark = pytest.mark.django_db

MOBILE = "<CtctDtls><MobNb>+237-677000003</MobNb></CtctDtls>"
IBAN = ("<Othr><Id>237677000001</Id></Othr>", "<IBAN>CM2110002000300277976315008</IBAN>")


@pytest.fixture
def correct(clock):
    def put(batch, **cells):
        line = PayoutBatchLine.objects.get(batch=batch)
        return correct_line(
            batch_id=batch.pk,
            number=line.number,
            cells=cells,
            actor="user:1",
            corrected_by="user:1",
            now=clock.now,
        )

    return put


@pytest.mark.parametrize(
    ("file", "right"),
    [
        (
            b"phone,amount,reference,name\n677000001,15,000,A\n",
            {"amount": MinorUnits(15_000)},
        ),
        (b"phone,amount\n677000001,15,000\n", {"amount": MinorUnits(15_000)}),
        (
            xlsx(["phone", "amount", "country"], ["677000001", 500, "=A1"]),
            {"country": "CM"},
        ),
        (
            pain001(transfer(more=MOBILE)),
            {"phone": "+237677000003"},
        ),
        (
            pain001(transfer(more=MOBILE).replace(*IBAN)),
            {"phone": "+237677000003"},
        ),
        (
            [{"phone": "677000001", "amount": 500, "country": 5}],
            {"country": "CM"},
        ),
    ],
    ids=["split", "moved", "formula", "two numbers", "bank account", "no text"],
)
def test_a_correction_of_another_cell_makes_no_doubtful_line_payable(read, correct, file, right):
    batch = read(file)
    before = PayoutBatchLine.objects.get(batch=batch)
    assert before.status == "invalid"

    untouched = correct(batch, name="Awa Ndiaye")

    assert untouched.status == "invalid"
    assert untouched.problems[0]["column"] == before.problems[0]["column"]
    assert correct(batch, **right).status == "ready"
