"""Checks of the Kustomize layer: what a build takes, drops or keeps without a word."""

from __future__ import annotations

from mintage.check.kustomize import drift, entries, identities, merges, orphans, patches

CHECKS = (
    *entries.CHECKS,
    *patches.CHECKS,
    *merges.CHECKS,
    *orphans.CHECKS,
    *identities.CHECKS,
    *drift.CHECKS,
)
