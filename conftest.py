"""What pytest needs to know before it looks into `tests`."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update`, which rewrites the transcripts in the documentation as they are now."""
    parser.addoption("--update", action="store_true", help="rewrite the console blocks of README.md and docs/ with what is shown now")
