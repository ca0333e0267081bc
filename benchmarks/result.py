"""The one line a benchmark ends with."""

from __future__ import annotations


def say(line: str) -> None:
    print(line, flush=True)


def result(name: str, *, value: float, unit: str, floor: float, **more: float | int | str) -> None:
    """RESULT <name> value= unit= floor= ratio= and what else is worth knowing."""
    ratio = value / floor if floor else 0.0
    short = f"{value:.3f}" if unit == "ratio" else _short(value)
    pairs = {"value": short, "unit": unit, "floor": _short(floor), "ratio": f"{ratio:.3f}"}
    pairs |= {key: _short(given) for key, given in more.items()}
    say("RESULT " + name + " " + " ".join(f"{key}={given}" for key, given in pairs.items()))


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def _short(given: float | int | str) -> str:
    return f"{given:.1f}" if isinstance(given, float) else str(given)
