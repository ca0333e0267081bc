from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from apps.settlement.models import Settlement
from apps.settlement.rules.write_pain001 import end_to_end_id


def find_transfers(references: Iterable[str]) -> Mapping[str, Settlement]:
    """The settlements that our bank names by these EndToEndIds, by them; none of ours is not
    there. One query."""
    ids = []
    for reference in references:
        try:
            ids.append(UUID(hex=reference))
        except ValueError:
            # No reference of ours.
            continue
    found = Settlement.objects.select_related("bank_file").in_bulk(ids)
    return {end_to_end_id(pk): one for pk, one in found.items()}
