"""All of them. One that no test sees is worth more than ten that are seen: write the test."""

from tests.planted_bugs import books, decisions, doors, incoming, outgoing, reports
from tests.planted_bugs.bug import Bug

BUGS: tuple[Bug, ...] = (
    *incoming.BUGS,
    *outgoing.BUGS,
    *books.BUGS,
    *decisions.BUGS,
    *reports.BUGS,
    *doors.BUGS,
)
