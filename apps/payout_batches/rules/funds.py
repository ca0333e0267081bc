"""Whether a provider holds what is to be paid from it."""

ENOUGH, SHORT, UNKNOWN = "enough", "short", "unknown"
FUNDS = (ENOUGH, SHORT, UNKNOWN)
