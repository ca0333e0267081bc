from __future__ import annotations

import json

from apps.core.tables.cells import Cell, MinorUnits
from apps.payout_batches.models import PayoutBatchLine
from apps.payout_batches.rules.contexts import CELLS_CONTEXT, NAME_CONTEXT, PAYEE_CONTEXT
from apps.vault.encryption import decrypt


def read_cells(line: PayoutBatchLine) -> dict[str, Cell]:
    """What stands in a line: as it was understood, and as it was written where it was not."""
    cells: dict[str, Cell] = dict(read_written(line))
    wrong = {problem["column"] for problem in line.problems}
    if "amount" not in wrong and line.amount is not None:
        cells["amount"] = MinorUnits(line.amount)
    if "phone" not in wrong and line.payee_msisdn_encrypted is not None:
        phone = decrypt(line.payee_msisdn_encrypted, context=PAYEE_CONTEXT, row_id=line.pk)
        cells["phone"] = f"+{phone}"
    if "name" not in wrong and line.payee_name_encrypted is not None:
        cells["name"] = decrypt(line.payee_name_encrypted, context=NAME_CONTEXT, row_id=line.pk)
    known = {
        "reference": line.merchant_reference,
        "description": line.description,
        "operator": line.operator,
    }
    for name, text in known.items():
        if name not in wrong and text:
            cells[name] = text
    return cells


def read_written(line: PayoutBatchLine) -> dict[str, str]:
    """The cells of a line that was not payable as it came, as text; none of one that was."""
    if line.cells_encrypted is None:
        return {}
    written: dict[str, str] = json.loads(
        decrypt(line.cells_encrypted, context=CELLS_CONTEXT, row_id=line.pk)
    )
    return written
