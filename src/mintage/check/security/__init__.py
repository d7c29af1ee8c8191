"""Checks of security: secrets, rights, and what pods may do to their node."""

from __future__ import annotations

from mintage.check.security import access, rights, secrets, standards

CHECKS = (*secrets.CHECKS, *rights.CHECKS, *standards.CHECKS, *access.CHECKS)
