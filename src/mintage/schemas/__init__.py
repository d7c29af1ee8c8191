"""The schema store: which schema judges an object, and what it finds wrong. Knows nothing of trees or of checks."""
