"""Whose wallet a request is about: who pays, or who is paid."""

from __future__ import annotations

from rest_framework import serializers

from apps.core.api.fields import CountryField, KnownFieldsOnly, TextField
from apps.providers.rules.phone_numbers import OPERATOR_CODES


class RailCounterpartyInput(KnownFieldsOnly):
    """At the address of one operator, which needs no naming."""

    phone = TextField(max_length=40)
    country = CountryField(required=False)


class CounterpartyInput(RailCounterpartyInput):
    operator = serializers.ChoiceField(
        choices=OPERATOR_CODES,
        required=False,
        error_messages={"invalid_choice": f"Send one of {', '.join(OPERATOR_CODES)}."},
    )
