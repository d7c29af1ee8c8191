"""Kubernetes quantities such as `500m`, `1.5Gi` or `2e3`, read exactly.

Grammar and suffixes are those of `resource.Quantity` (Kubernetes 1.32, apimachinery/pkg/api/resource). Whatever is no
quantity is None: saying so is the schema's business.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40}))"
    r"(?:(?P<suffix>[KMGTPE]i|[numkMGTPE])|[eE](?P<exponent>[+-]?[0-9]{1,3}))?"
)
_BINARY = {f"{letter}i": Fraction(1024) ** power for power, letter in enumerate("KMGTPE", start=1)}
_DECIMAL = {letter: Fraction(1000) ** power for power, letter in enumerate("kMGTPE", start=1)}
_SMALL = {letter: Fraction(1, 1000) ** power for power, letter in enumerate("mun", start=1)}
_SUFFIXES = _BINARY | _DECIMAL | _SMALL


def parse(value: Any) -> Fraction | None:
    """Return a quantity in its base unit (cores, bytes, pieces); None where it is malformed."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = _QUANTITY.fullmatch(str(value))
    if found is None:
        return None
    number = Fraction(found["number"])
    if found["suffix"]:
        return number * _SUFFIXES[found["suffix"]]
    return number * Fraction(10) ** int(found["exponent"] or 0)


def count(value: Any) -> int | None:
    """Return a quantity of whole things, such as `nvidia.com/gpu: "4"`; None where it is no whole number from 0 on."""
    found = parse(value)
    return int(found) if found is not None and found.denominator == 1 and found >= 0 else None
