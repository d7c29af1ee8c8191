"""What users write: one frozen type per document kind, decoded with every error and its place."""
