"""Checks of inference servers: the endpoint picker, vLLM, prefill and decode, KServe, and where they keep files."""

from mintage.check.serving import (
    disaggregated,
    epp_disaggregation,
    epp_flags,
    epp_plugins,
    storage,
    vllm_checks,
)

CHECKS = (
    *epp_plugins.CHECKS,
    *epp_disaggregation.CHECKS,
    *epp_flags.CHECKS,
    *vllm_checks.CHECKS,
    *disaggregated.CHECKS,
    *storage.CHECKS,
)
