"""Checks of routes, gateways and inference pools."""

from mintage.check.routing import backend_checks, gateway_checks, pool_checks

CHECKS = (*backend_checks.CHECKS, *gateway_checks.CHECKS, *pool_checks.CHECKS)
