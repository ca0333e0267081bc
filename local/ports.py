"""TCP ports on 127.0.0.1, each owned from the moment it is chosen.

Between the choice of a port and the start of its server another program may choose the same one,
and a web server that binds shareably would then answer half of the other's requests. So whoever
chooses a port also binds the UDP port of the same number, which nothing here uses: the system
gives it to one process only, on Linux and macOS alike, and takes it back when that process ends.
"""

import random
import socket

HOST = "127.0.0.1"

# Below the range that Linux and macOS hand out for outgoing connections (32768 and up): a port
# from there may be in use as somebody's source port just when a killed server wants it back.
CHOSEN_FROM = range(20_000, 30_000)
# Not the shared generator: whoever seeds that would have everybody choose the same ports.
_chance = random.SystemRandom()

_held: dict[int, socket.socket] = {}


def choose_port() -> int:
    """Some free port, ours until release() or our end."""
    while True:
        port = _chance.choice(CHOSEN_FROM)
        if take(port):
            return port


def first_free_port(wanted: int) -> int:
    """The wanted port, or the next one that is free; ours until release() or our end."""
    return next(port for port in range(wanted, wanted + 1000) if take(port))


def take(port: int) -> bool:
    """Make a free port ours; False if somebody owns it (we, too) or listens on it."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        holder.bind((HOST, port))
    except OSError:
        holder.close()
        return False
    if not is_free(port):
        holder.close()
        return False
    _held[port] = holder
    return True


def hold(port: int) -> bool:
    """Whether the port is ours, by now or since earlier: for one whose number is settled."""
    return port in _held or take(port)


def release(port: int) -> None:
    """Others may choose it from now on; nothing happens if it is not ours."""
    holder = _held.pop(port, None)
    if holder is not None:
        holder.close()


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
