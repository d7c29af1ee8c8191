"""Checks of one object by itself, beyond what a schema says."""

from __future__ import annotations

from mintage.check.structure import pods

CHECKS = (*pods.CHECKS,)
