"""A project whose pages lie in a local folder: no network is needed to try it."""
