"""Our dated corrections of the number plan."""

from __future__ import annotations

from apps.core.ttl_cache import TtlCache
from apps.providers.models import NumberPlanRule
from apps.providers.rules.phone_numbers import PrefixOverride


def number_plan() -> tuple[PrefixOverride, ...]:
    """All rules, of every day: parse_phone picks those of its day. Five seconds old at most."""
    return _rules.get(None)


def _load(_key: None) -> tuple[PrefixOverride, ...]:
    return tuple(
        PrefixOverride(
            country=rule.country,
            prefix=rule.prefix,
            operator=rule.operator,
            valid_from=rule.valid_from,
            valid_to=rule.valid_to,
        )
        for rule in NumberPlanRule.objects.all()
    )


_rules: TtlCache[None, tuple[PrefixOverride, ...]] = TtlCache(_load, seconds=5.0)
