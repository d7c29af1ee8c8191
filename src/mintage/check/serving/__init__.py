"""Checks of inference servers: the endpoint picker, vLLM, prefill and decode, KServe, and where they keep files."""
