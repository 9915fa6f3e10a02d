"""Decoded text → segments, and the folded copy that rules match on."""
