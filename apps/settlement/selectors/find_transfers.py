from __future__ import annotations

from collections.abc import Iterable, Mapping

from apps.settlement.models import Settlement
from apps.settlement.rules.write_pain001 import end_to_end_id, read_end_to_end_id


def find_transfers(references: Iterable[str]) -> Mapping[str, Settlement]:
    """The settlements that our bank names by these EndToEndIds, by them; none of ours is not
    there. One query."""
    ids = [pk for one in references if (pk := read_end_to_end_id(one)) is not None]
    found = Settlement.objects.select_related("bank_file").in_bulk(ids)
    return {end_to_end_id(pk): one for pk, one in found.items()}
