"""Checks of batch systems: Kueue's queues, Ray clusters and jobs, groups of LeaderWorkerSets."""

from mintage.check.batch import kueue, lws, ray

CHECKS = (*kueue.CHECKS, *lws.CHECKS, *ray.CHECKS)
