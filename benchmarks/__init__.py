"""Measurements beside the peers, each a command: ``python -m benchmarks.NAME --help``.

Real pages are never part of this project. Commands that want some take ``--corpus FILE``, a Parquet
file with the columns ``uid dataset page_type key lang html text title`` (``text``: the gold article).
"""
