"""The house rules that tools can check: format, lint, types, arrows, sizes, and generated files."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "clvcli").rglob("*.py"))
LONGEST_FILE = 300
LONGEST_FUNCTION = 40


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["lint-imports"],
        [sys.executable, "sample_data/generate.py", "--check"],
    ],
    ids=lambda command: " ".join(command[-2:]),
)
def test_the_checkout_is_clean(command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_holds_one_concept(module):
    assert len(module.read_text().splitlines()) < LONGEST_FILE


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_is_long(module):
    functions = (node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.FunctionDef))
    assert [f.name for f in functions if f.end_lineno - f.lineno >= LONGEST_FUNCTION] == []
