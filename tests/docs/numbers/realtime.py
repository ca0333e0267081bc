from __future__ import annotations

from apps.merchants import authentication
from apps.realtime import event_reader, hub, sequencer
from apps.realtime.services import take_lease
from apps.realtime.streams import connection, event_socket, event_source, following, payer_source
from tests.docs.numbers.claim import Claim, Shown, seconds

SILENCE = (
    "tests/realtime/test_silence.py::test_the_api_says_that_it_is_away_and_is_back_with_the_line"
)
# A credential is remembered for so long.
REMEMBERED_S = authentication._keys.seconds

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/errors.md": [
        (
            "A merchant has at most {} on each realtime process, a payment {} pages",
            following.STREAMS_MAX,
            payer_source.STREAMS_MAX,
        ),
    ],
    "docs/guides/operations.md": [
        ("answers 503 within {} seconds", Shown(5, SILENCE)),
        ("within {} seconds or so if it was killed", seconds(take_lease.LEASE) + sequencer.TICK_S),
    ],
    "docs/guides/real-time.md": [
        (
            "After {} seconds without an event. Nothing for {} seconds",
            event_socket.HEARTBEAT_S,
            event_reader.SILENCE_S_MAX,
        ),
        ("a comment every {} seconds", event_source.HEARTBEAT_S),
        (
            "a {} events wait for you, or you took nothing for {} seconds",
            hub.WAITING_MAX,
            connection.SEND_WITHIN_S,
        ),
        ("A merchant has {} streams on each realtime process", following.STREAMS_MAX),
        ("loses its streams within {} seconds", following.CHECK_EVERY_S + REMEMBERED_S),
    ],
}
