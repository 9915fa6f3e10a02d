"""``cleaner`` and ``python -m cleaner``.

Worker processes import this module again, as Python's do: it must not bring the command line's libraries with it.
"""


def main() -> None:
    """Run the command line."""
    from cleaner.cli import main as run

    run()


if __name__ == "__main__":
    main()
