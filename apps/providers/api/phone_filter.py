from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.core.api import query_parameters
from apps.merchants.caller import Caller
from apps.providers.rules.phone_numbers import parse_phone
from apps.providers.selectors.number_plan import number_plan
from apps.vault.blind_index import search_indexes


def read_phone_filter(
    query: Mapping[str, Any], *, purpose: str, caller: Caller, now: datetime
) -> list[bytes]:
    """The blind indexes of the `phone` of a list: a number in any writing, read as one in a body.

    Raises:
        InvalidPhoneNumber, LegacyPhoneNumber.
    """
    text = query_parameters.text(query, "phone")
    if not text:
        return []
    phone = parse_phone(
        # In a query string a plus sign means a space.
        f"+{text[1:]}" if text.startswith(" ") else text,
        default_country=caller.merchant.country,
        overrides=number_plan(),
        on=now.date(),
        test_mode=not caller.livemode,
        field="phone",
    )
    return search_indexes(phone.msisdn, purpose=purpose)
