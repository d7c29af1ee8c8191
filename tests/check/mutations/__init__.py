"""Mutations of the rendered Zelda tree: one for each check, which must make exactly that check fire."""
