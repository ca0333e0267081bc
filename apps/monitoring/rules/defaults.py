"""How the rules about rails begin. The guide's figures, and what makes them believed."""

from __future__ import annotations

from apps.core.alerts import Parameters

FAILURE_RATE: Parameters = {
    "share": 0.10, "margin": 0.05, "traffic_min": 20, "failures_min": 5, "deviations": 5.0,
    "window_s": 3600,
}  # fmt: skip
FAILURE_BURST: Parameters = {
    "share": 0.10, "margin": 0.05, "traffic_min": 10, "failures_min": 10, "deviations": 5.0,
    "window_s": 300,
}  # fmt: skip
SUCCESS_FELL: Parameters = {
    "points": 5.0, "tolerance": 2.5, "traffic_min": 50, "deviations": 5.0, "window_s": 3600,
}  # fmt: skip
SLOW_REPLIES: Parameters = {
    "seconds": 30.0, "share": 0.10, "traffic_min": 20, "deviations": 5.0, "window_s": 3600,
}  # fmt: skip
PROVIDER_SILENT: Parameters = {
    "part": 0.5, "weeks_min": 2, "deviations": 5.0, "window_s": 3600,
}  # fmt: skip
PROVIDER_UNREACHED: Parameters = {"share": 0.2, "troubled_min": 5, "deviations": 4.0}

# Those that rules/rails.py judges.
BY_CODE = {
    "failure_rate": FAILURE_RATE,
    "failure_burst": FAILURE_BURST,
    "success_fell": SUCCESS_FELL,
    "slow_replies": SLOW_REPLIES,
    "provider_silent": PROVIDER_SILENT,
}
