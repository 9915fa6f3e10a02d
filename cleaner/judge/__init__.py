"""Segments → verdicts: which site it is, what rules say, where the article stands."""
