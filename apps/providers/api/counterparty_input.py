"""Whose wallet a request is about: who pays, or who is paid."""

from __future__ import annotations

from rest_framework import serializers

from apps.core.api.fields import CountryField, KnownFieldsOnly, TextField
from apps.providers.rules.phone_numbers import OPERATOR_CODES

OPERATOR_WORDS = "Left out: as the number says. A Wave wallet is on any operator's number: say it."


class RailCounterpartyInput(KnownFieldsOnly):
    """At the address of one operator, which needs no naming."""

    phone = TextField(max_length=40, help_text="In any writing, as `+237 677 00 00 01`.")
    country = CountryField(required=False)


class CounterpartyInput(RailCounterpartyInput):
    operator = serializers.ChoiceField(
        choices=OPERATOR_CODES,
        required=False,
        help_text=OPERATOR_WORDS,
        error_messages={"invalid_choice": f"Send one of {', '.join(OPERATOR_CODES)}."},
    )
