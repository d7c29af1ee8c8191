"""Checks of inference servers: the endpoint picker, vLLM, prefill and decode, KServe, and where they keep files."""

from mintage.check.serving import epp_plugins

CHECKS = (*epp_plugins.CHECKS,)
