"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("realtime.FeedEntry", "an event without a place would be given a new one"),
    KeptForEver("realtime.SequencerLease", "one row"),
)
