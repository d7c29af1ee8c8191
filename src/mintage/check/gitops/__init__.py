"""Checks of what Argo CD delivers: what projects refuse, what applications share, what a sync cannot do."""

from __future__ import annotations

from mintage.check.gitops import overlaps, projects, surroundings, sync

CHECKS = (*projects.CHECKS, *overlaps.CHECKS, *sync.CHECKS, *surroundings.CHECKS)
