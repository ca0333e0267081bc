"""How long this app's rows are kept."""

from apps.core.retention import KeptForDays, KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("floats.FloatWatch", "one of each provider account"),
    KeptForDays("floats.FloatReading", "float_readings", 8, "what a drift is explained by"),
)
