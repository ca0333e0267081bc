"""State diagrams as SVG, drawn from the tables of allowed moves.

The statuses stand in one column in the order of the table; moves down are arcs on the right, moves
back up are arcs on the left, each in the colour of the status it leaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from django.conf import settings

from apps.disputes.transitions import DISPUTE_MOVES
from apps.orchestration.transitions import ATTEMPT_MOVES
from apps.payments.transitions import PAYMENT_MOVES
from apps.payout_batches.transitions import BATCH_MOVES
from apps.payouts.transitions import PAYOUT_MOVES
from apps.refunds.transitions import REFUND_MOVES
from apps.settlement.transitions import SETTLEMENT_MOVES
from apps.support_tickets.rules.moves import TICKET_MOVES

Moves = Mapping[str, frozenset[str]]

FOLDER = settings.BASE_DIR / "docs" / "diagrams"
DIAGRAMS: Mapping[str, tuple[str, Moves]] = {
    "payment.svg": ("Statuses of a payment", PAYMENT_MOVES),
    "refund.svg": ("Statuses of a refund", REFUND_MOVES),
    "payout.svg": ("Statuses of a payout", PAYOUT_MOVES),
    "payout_batch.svg": ("Statuses of a batch of payouts", BATCH_MOVES),
    "dispute.svg": ("Statuses of a dispute", DISPUTE_MOVES),
    "settlement.svg": ("Statuses of a settlement", SETTLEMENT_MOVES),
    "ticket.svg": ("Statuses of a ticket", TICKET_MOVES),
    "attempt.svg": ("Statuses of an attempt", ATTEMPT_MOVES),
}

BOX_WIDTH, BOX_HEIGHT, ROW_HEIGHT = 150, 36, 74
TOP, MARGIN = 44, 16
# How far the arc between neighbours but one bulges, and each further one more.
BULGE, BULGE_STEP = 34, 24
COLORS = ("#0b5cad", "#b4540a", "#7a3e9d", "#a4262c", "#0a7a4b", "#5b6475", "#14213d")


def draw(title: str, moves: Moves) -> str:
    """The diagram; the same table always gives the same text."""
    start = min(moves[""])
    ends = [status for status in moves if status and not moves[status]]
    middle = [status for status in moves if status and status != start and status not in ends]
    statuses = [start, *middle, *ends]
    place = {str(status): number for number, status in enumerate(statuses)}
    downward = [(place[a], place[b]) for a in place for b in moves[a] if place[b] - place[a] > 1]
    upward = [(place[a], place[b]) for a in place for b in moves[a] if place[b] < place[a]]
    right = max((_bulge(a, b) for a, b in downward), default=0)
    left = max((_bulge(a, b) for a, b in upward), default=0)
    width = MARGIN * 2 + left + BOX_WIDTH + right
    height = TOP + ROW_HEIGHT * (len(statuses) - 1) + BOX_HEIGHT + MARGIN
    x = MARGIN + left
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" font-family="system-ui, sans-serif" '
        'font-size="14">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<circle cx="{x + BOX_WIDTH // 2}" cy="12" r="6" fill="#14213d"/>',
        _arrow(f"M{x + BOX_WIDTH // 2} 18 V{TOP - 8}", "#14213d", x + BOX_WIDTH // 2, TOP, "down"),
    ]
    lines += [_birth(x, place[str(one)]) for one in sorted(moves[""]) if one != start]
    for a in place:
        for b in sorted(moves[a], key=lambda status: place[str(status)]):
            lines.append(_move(x, place[a], place[b], len(statuses)))
    lines += [_box(x, number, status, status in ends) for status, number in place.items()]
    return "\n".join([*lines, "</svg>", ""])


def write_diagrams() -> dict[str, str]:
    """Each file's name and text."""
    return {name: draw(title, moves) for name, (title, moves) in DIAGRAMS.items()}


def _bulge(a: int, b: int) -> int:
    return BULGE + BULGE_STEP * abs(b - a)


def _birth(x: int, number: int) -> str:
    """Where some begin: from the point at the top, around what stands between."""
    far, edge, arrive = x + BOX_WIDTH + _bulge(0, number), x + BOX_WIDTH, _y(number) + 4
    path = f"M{x + BOX_WIDTH // 2 + 6} 12 C{far} 12 {far} {arrive} {edge + 8} {arrive}"
    return _arrow(path, "#14213d", edge, arrive, "left")


def _move(x: int, a: int, b: int, count: int) -> str:
    color = COLORS[a % len(COLORS)]
    middle = x + BOX_WIDTH // 2
    if b == a + 1:
        end = _y(b)
        return _arrow(f"M{middle} {_y(a) + BOX_HEIGHT} V{end - 8}", color, middle, end, "down")
    # Arrows arrive side by side, in the order of where they come from.
    offset = 4 + (BOX_HEIGHT - 8) * (a + 1) // (count + 1)
    leave, arrive = _y(a) + BOX_HEIGHT // 2, _y(b) + offset
    if b > a:
        edge, far = x + BOX_WIDTH, x + BOX_WIDTH + _bulge(a, b)
        path = f"M{edge} {leave} C{far} {leave} {far} {arrive} {edge + 8} {arrive}"
        return _arrow(path, color, edge, arrive, "left")
    far = x - _bulge(a, b)
    return _arrow(
        f"M{x} {leave} C{far} {leave} {far} {arrive} {x - 8} {arrive}", color, x, arrive, "right"
    )


def _arrow(path: str, color: str, x: int, y: int, to: str) -> str:
    head = {
        "down": f"M{x} {y} l-4 -9 h8 z",
        "left": f"M{x} {y} l9 -4 v8 z",
        "right": f"M{x} {y} l-9 -4 v8 z",
    }[to]
    return (
        f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>'
        f'<path d="{head}" fill="{color}"/>'
    )


def _box(x: int, number: int, status: str, is_end: bool) -> str:
    y = _y(number)
    inner = (
        f'<rect x="{x + 3}" y="{y + 3}" width="{BOX_WIDTH - 6}" height="{BOX_HEIGHT - 6}" rx="6" '
        'fill="none" stroke="#14213d"/>'
    )
    return (
        f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8" fill="#f4f5f8" '
        f'stroke="#14213d"/>{inner if is_end else ""}'
        f'<text x="{x + BOX_WIDTH // 2}" y="{y + 23}" text-anchor="middle" fill="#14213d">'
        f"{escape(status)}</text>"
    )


def _y(number: int) -> int:
    return TOP + ROW_HEIGHT * number
