"""Checks of the rendered tree. Each takes values and returns findings; none of them writes."""
