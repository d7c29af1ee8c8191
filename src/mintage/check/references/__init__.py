"""Checks of what objects say of each other: names, keys, addresses, and what is declared to exist outside of the tree."""

from mintage.check.references import declared, dns, missing, rollout, unused, workflows

CHECKS = (
    *missing.CHECKS,
    *workflows.CHECKS,
    *dns.CHECKS,
    *unused.CHECKS,
    *declared.CHECKS,
    *rollout.CHECKS,
)
