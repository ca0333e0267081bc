"""What the answers look like; for the documentation alone."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class TicketOutput(serializers.Serializer[Any]):
    object = serializers.ChoiceField(choices=["realtime_ticket"])
    ticket = serializers.CharField(help_text="Used up by the first stream it opens.")
    url = serializers.CharField(help_text="The WebSocket's address, to which ?ticket= is added.")
    expires_at = serializers.DateTimeField()
