"""One label selector for several sets of labels, such that it means none of the others.

Knows labels only; whether they are those of pods or of Services is the caller's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Labels = Mapping[str, str]


def selector_for(wanted: Sequence[Labels], others: Sequence[Labels]) -> dict[str, Any] | None:
    """Return the selector that means every wanted set and none of the others, or None where there is none.

    What the wanted sets have in common is preferred; next best is one key whose values tell them apart.
    """
    return _by_common_labels(wanted, others) or _by_one_key(wanted, others)


def _by_common_labels(wanted: Sequence[Labels], others: Sequence[Labels]) -> dict[str, Any] | None:
    first, *rest = wanted
    common = {key: value for key, value in first.items() if all(labels.get(key) == value for labels in rest)}
    if not common or any(common.items() <= labels.items() for labels in others):
        return None
    return {"matchLabels": common}


def _by_one_key(wanted: Sequence[Labels], others: Sequence[Labels]) -> dict[str, Any] | None:
    for key in sorted(wanted[0]):
        values = {labels[key] for labels in wanted if key in labels}
        everywhere = all(key in labels for labels in wanted)
        if everywhere and not any(labels.get(key) in values for labels in others):
            return {"matchExpressions": [{"key": key, "operator": "In", "values": sorted(values)}]}
    return None
