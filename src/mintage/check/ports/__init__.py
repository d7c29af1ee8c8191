"""Checks of ports and probes: what listens, what is declared, and who asks."""

from __future__ import annotations

from mintage.check.ports import probes, routes, services

CHECKS = (*services.CHECKS, *probes.CHECKS, *routes.CHECKS)
