"""TCP ports on 127.0.0.1."""

import random
import socket
from collections.abc import Collection

HOST = "127.0.0.1"

# Below the range that Linux and macOS hand out for outgoing connections (32768 and up): a port
# from there may be in use as somebody's source port just when a killed server wants it back.
CHOSEN_FROM = range(20_000, 30_000)
# Not the shared generator: whoever seeds that would have everybody choose the same ports.
_chance = random.SystemRandom()


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        # As servers do: the remains of closed connections do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def choose_port() -> int:
    """Some free port."""
    while True:
        port = _chance.choice(CHOSEN_FROM)
        if is_free(port):
            return port


def first_free_port(wanted: int, taken: Collection[int] = ()) -> int:
    """The wanted port, or the next one that is free and not `taken` by a promise."""
    return next(
        port for port in range(wanted, wanted + 1000) if port not in taken and is_free(port)
    )
