"""The rules about rails, by code: what each looks at, and in which stretches of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from apps.core.alerts import Parameters
from apps.monitoring.rules.anomaly import Counts, Facts, Usual, failing, silent, slow, success_fell

# What a rail did in the last so many seconds, and how many seconds that really are.
Lately = Callable[[float], tuple[Counts, float]]
Judge = Callable[[Counts, Usual, Parameters], Facts | None]

# Of the last seconds not everything is counted yet.
NOT_YET_COUNTED_S = 10.0
# A steep fall is seen in half a minute; with few payments it takes longer. Counts are kept by the
# minute: what there is of the running one may be all since it fell.
STRETCHES_S = (30.0, 60.0, 300.0, 1200.0, 3600.0)
SILENCES_S = (20.0, *STRETCHES_S[1:])


def judge(code: str, lately: Lately, usual: Usual, wanted: Parameters) -> Facts | None:
    """What this rule has to say of a rail; None: nothing.

    The shortest stretch of time that proves something decides, either way: what was wrong an hour
    ago and is mended is wrong no more.
    """
    for seconds in SILENCES_S if code == "provider_silent" else STRETCHES_S:
        if seconds > wanted["window_s"]:
            break
        counts, covered = lately(seconds)
        if code == "provider_silent":
            facts = silent(counts, usual, wanted, seconds=covered - NOT_YET_COUNTED_S)
        else:
            facts = JUDGES[code](counts, usual, wanted)
        if facts is not None:
            return {**facts, "minutes": max(1, round(covered / 60))} if facts else None
    return None


JUDGES: Mapping[str, Judge] = {
    "failure_rate": failing,
    "failure_burst": failing,
    "success_fell": success_fell,
    "slow_replies": slow,
}
