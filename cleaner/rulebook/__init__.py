"""Rules: what may be written, loading, compiling, matching."""
