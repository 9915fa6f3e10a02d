"""Pictures of what was removed and why, and the schema of results."""
