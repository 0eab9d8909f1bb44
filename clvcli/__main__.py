"""The program as a process of its own: `clv`, and `python -m clvcli`."""

from __future__ import annotations

from clvcli.runs import signals


def run() -> None:
    """Run clv so that signals end it at once; who calls `main` in a process of theirs keeps their own signals."""
    signals.watch()
    from clvcli.cli.app import main

    main()


if __name__ == "__main__":
    run()
