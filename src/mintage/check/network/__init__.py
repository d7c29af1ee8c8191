"""Checks of what finds what by labels and ports: Services, network policies, monitors, and the queries on what they gather."""

from mintage.check.network import (
    metric_checks,
    monitor_checks,
    policy_checks,
    reach_checks,
    scrape_checks,
    services,
)

CHECKS = (
    *services.CHECKS,
    *policy_checks.CHECKS,
    *reach_checks.CHECKS,
    *monitor_checks.CHECKS,
    *metric_checks.CHECKS,
    *scrape_checks.CHECKS,
)
