"""Facts that depend on a version of something else, from `mintage/check/data`, with accessors for the checks.

An accessor answers None where the version is not known: a check then says so, or says nothing, but does not guess.
"""

from mintage.check.tables.vllm import (
    Flag,
    vllm_environment,
    vllm_flag_life,
    vllm_flags,
    vllm_metrics,
    vllm_parser,
    vllm_version,
)
from mintage.check.tables.versions import Version, version

__all__ = [
    "Flag",
    "Version",
    "version",
    "vllm_environment",
    "vllm_flag_life",
    "vllm_flags",
    "vllm_metrics",
    "vllm_parser",
    "vllm_version",
]
