"""Many files: which to read, what to write, what the run did."""
