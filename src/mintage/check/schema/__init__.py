"""Checks by the schemas of Kubernetes and of custom resources."""

from __future__ import annotations

from mintage.check.schema import errors

CHECKS = (*errors.CHECKS,)
