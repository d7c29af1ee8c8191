"""Checks of what pods ask of machines: CPU and memory, accelerators and how models are spread over them, rollouts."""

from mintage.check.resources import amounts, devices, memory, parallelism, placement, rollout

CHECKS = (
    *amounts.CHECKS,
    *parallelism.CHECKS,
    *devices.CHECKS,
    *placement.CHECKS,
    *memory.CHECKS,
    *rollout.CHECKS,
)
