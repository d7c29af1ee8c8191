"""Checks of one file or object by itself, beyond what a schema says."""

from __future__ import annotations

from mintage.check.structure import apis, coercion, immutable, names, placeholders, pods, problems

CHECKS = (
    *problems.CHECKS,
    *coercion.CHECKS,
    *apis.CHECKS,
    *names.CHECKS,
    *pods.CHECKS,
    *placeholders.CHECKS,
    *immutable.CHECKS,
)
