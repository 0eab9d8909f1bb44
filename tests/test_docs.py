"""The documentation covers the program: nothing is undocumented, and nothing documented is gone."""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from terminal import Terminal
from typer.main import get_command

from clvcli import config, errors
from clvcli.baselines import BASELINES
from clvcli.catalog import SETTINGS
from clvcli.cli.app import program
from clvcli.config import Config
from clvcli.errors import ClvError, Exit
from clvcli.exports import ROLES
from clvcli.formulas import FORMULAS, LIFESPANS, lifespan
from clvcli.metrics import METRICS
from clvcli.model_explanations import EXPLAINED
from clvcli.models.meanings import MEANINGS
from clvcli.orders import LINES, ORDERS
from clvcli.reports import backtest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
COMMANDS = get_command(program()).commands
OPTIONS = sorted({name for c in COMMANDS.values() for p in c.params for name in (*p.opts, *p.secondary_opts) if name.startswith("--")})
EXAMPLE = ROOT / "config.example.yaml"


def text(*names):
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in names)


def test_the_reference_is_what_the_program_says_now():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.outdated() == [], "run: python docs/generate.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_documented_and_shown(name):
    assert f"## `clv {name}`" in text("docs/reference/commands.md")
    assert re.search(rf"^\$ clv {name} ", "\n".join(text(page) for page in PAGES), re.MULTILINE), f"no transcript types clv {name}"


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_is_documented(option):
    assert re.search(rf"{option}\b", text("docs/reference/commands.md"))


@pytest.mark.parametrize("key", Config.model_fields)
def test_a_config_key_is_documented_with_a_meaning(key):
    row = re.search(rf"^\| `{key}` \|.*\| (\S.*\.) \|$", text("docs/reference/settings.md"), re.MULTILINE)
    assert row, f"{key} has no sentence in config.example.yaml"


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_a_metric_is_documented(metric):
    assert f"| `{metric.name}` |" in text("docs/reference/metrics.md")


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.name)
def test_a_formula_is_documented_with_its_text(formula):
    assert f"### `{formula.name}`\n\n`{formula.expression.text}`\n" in text("docs/reference/formulas.md")


@pytest.mark.parametrize("clv", [f for f in FORMULAS if f.labels], ids=lambda f: f.name)
def test_what_a_clv_assumes_is_told_honestly(clv):
    assert f"formulas.md#{clv.name})" in text("docs/explanation/formulas.md")
    assert clv.pitfall


@pytest.mark.parametrize("model", EXPLAINED, ids=lambda m: m.name)
def test_a_model_is_documented_with_its_paper_and_its_parameters(model):
    section = text("docs/reference/models.md").partition(f"### `{model.name}`\n")[2].partition("\n### ")[0]
    assert f"*Source:* {model.source}" in section
    assert all(f"| `{name}` |" in section and meaning in section for name, meaning in MEANINGS[model.name].items())


@pytest.mark.parametrize("name", [*(b.name for b in BASELINES), *(c.name for c in backtest._MEASURES)])
def test_a_baseline_and_a_measure_are_documented(name):
    assert f"| `{name}` |" in text("docs/reference/models.md")


@pytest.mark.parametrize("rule", LIFESPANS)
def test_a_lifespan_is_documented_and_explained(rule):
    assert f"### `lifespan: {rule}`" in text("docs/reference/formulas.md")
    assert f"| `{rule}` |" in text("docs/how-to/choose-a-lifespan.md")


@pytest.mark.parametrize("role", ROLES, ids=lambda r: r.name)
def test_a_role_is_documented(role):
    assert f"`{role.name}`" in text("docs/how-to/map-foreign-columns.md")


NUMBERS = [
    *(m.column for m in METRICS),
    *(f.column for f in FORMULAS),
    *(lifespan(rule).column for rule in LIFESPANS),
    *SETTINGS,
    *LINES,
    *ORDERS,
]


@pytest.mark.parametrize("column", NUMBERS, ids=lambda c: c.name)
def test_a_number_is_described_in_a_sentence(column):
    assert column.description.endswith(".")
    assert column.label


SHOWN_NUMBERS = [*(m.column for m in METRICS), *(f.column for f in FORMULAS), *(lifespan(rule).column for rule in LIFESPANS), *SETTINGS]


@pytest.mark.parametrize("column", SHOWN_NUMBERS, ids=lambda c: c.name)
def test_a_number_says_where_it_comes_from(column):
    assert column.source


def test_the_example_config_holds_every_key_with_its_default():
    loaded = config.load(EXAMPLE, {})
    assert loaded.config == Config()
    assert loaded.config.model_fields_set == set(Config.model_fields)


def commented_examples():
    """The examples that stand commented out: a key after `# `, with the lines that belong to it."""
    return re.findall(r"^# (\w+:(?! *\n[^#]).*(?:\n#   .*)*)", text("config.example.yaml"), re.MULTILINE)


@pytest.mark.parametrize("example", commented_examples(), ids=lambda e: e.split("\n")[0])
def test_a_commented_example_is_a_config(example, tmp_path):
    key = example.partition(":")[0]
    assert key in Config.model_fields
    written = tmp_path / "clv.yaml"
    written.write_text(example.replace("\n# ", "\n"), encoding="utf-8")
    formulas = "" if key != "show" else "\nformulas: {clv_two_years: {text: aov}}"
    written.write_text(written.read_text(encoding="utf-8") + formulas, encoding="utf-8")
    loaded = config.load(written, {})
    assert getattr(loaded.config, key) != getattr(Config(), key)
    assert loaded.catalog.shown


KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ClvError) and kind is not ClvError]


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)
def test_a_kind_of_error_has_its_chapter_and_its_exit_code(kind):
    assert f"| {kind.exit.value} | `{kind.__name__}` |" in text("docs/reference/exit-codes.md")
    assert f"\n## {kind.exit.value}: " in text("docs/errors.md")


@pytest.mark.parametrize("code", Exit, ids=lambda c: c.name)
def test_an_exit_code_is_documented(code):
    assert f"\n| {code.value} |" in text("docs/reference/exit-codes.md")


@cache
def messages():
    """A pattern for the message of each `Problem` in the program, by the place where it stands."""
    found = {}
    for module in sorted((ROOT / "clvcli").rglob("*.py")):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
            for call in (n for n in ast.walk(function) if isinstance(n, ast.Call) and _makes_a_problem(n)):
                for pattern in _patterns(call.args[0], function):
                    found[f"{module.name}:{call.lineno}"] = pattern
    return found


def _makes_a_problem(call):
    return isinstance(call.func, ast.Name) and call.func.id in ("Problem", "FitError", "_refusal") and call.args


def _patterns(message, function):
    """The patterns of a message: of the text itself, or of what a variable was set to in the same function."""
    if isinstance(message, ast.Name):
        values = [
            n.value for n in ast.walk(function) if isinstance(n, ast.Assign) and message.id in [getattr(t, "id", "") for t in n.targets]
        ]
        return [pattern for value in values for pattern in _patterns(value, function)]
    if isinstance(message, ast.Constant):
        return [re.escape(message.value)]
    if isinstance(message, ast.JoinedStr):
        return ["".join(re.escape(v.value) if isinstance(v, ast.Constant) else "[^\n]+?" for v in message.values)]
    return []


NOT_REACHED = {
    "two\\ customers\\ would\\ have\\ the\\ same\\ pseudonym\\.\\ Nothing\\ was\\ written",
    "there\\ are\\ no\\ customers,\\ so\\ there\\ is\\ nothing\\ to\\ learn\\ from",
    "the\\ likelihood\\ has\\ no\\ value\\ for\\ these\\ orders",
    "can't\\ be\\ read\\ a\\ second\\ time:\\ [^\n]+?",
}
"""What models say of their own accord, and no orders that can be read lead to; and what only a file leads to that goes away in mid-run."""
NOTES = {
    "nobody\\ had\\ bought\\ anything\\ by\\ [^\n]+?,\\ where\\ the\\ past\\ is\\ cut",
    "no\\ customer\\ has\\ come\\ back\\ and\\ paid\\ something",
    "every\\ customer\\ spends\\ the\\ same",
}
"""Why there is no model of spending, which is said in a note, since the model of buying needs none; and no past of a segment in a report on it."""


@pytest.mark.parametrize("place", [place for place, pattern in messages().items() if pattern not in NOT_REACHED | NOTES])
def test_every_message_has_a_transcript(place):
    pattern = messages()[place]
    assert re.search(rf"^error: (\S+: |standard output: )?{pattern}", text("docs/errors.md"), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    prose = re.sub(r"```.*?```", "", text(page), flags=re.DOTALL)
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)", prose):
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), target
        if anchor:
            assert anchor in [f"#{_anchor(heading)}" for heading in re.findall(r"^#+ (.*)$", text(found), re.MULTILINE)]


def _anchor(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_page_can_be_reached():
    linked = {(p.parent / t).resolve() for p in PAGES for t in re.findall(r"\]\((?!https?:)([^)#]+)", text(p))}
    assert [p for p in PAGES if p.parent != ROOT and p.resolve() not in linked] == []


def test_the_readme_is_one_screen():
    assert len(text("README.md").splitlines()) < 60


def test_the_readme_has_the_two_commands():
    readme = text("README.md")
    assert "pip install -q uv && uv run clv compute sample_data/orders.csv\n" in readme
    assert "pip install -q uv && uv run --group test pytest\n" in readme


def test_the_readme_names_every_test_command_of_ci():
    commands = re.findall(r"^uv run .*$", text(".ci/run"), re.MULTILINE)
    assert len(commands) > 1
    assert [command for command in commands if command not in text("README.md")] == []


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md"])
def test_a_figure_in_the_prose_stands_in_a_transcript(name):
    shown, prose = (" ".join(parts) for parts in (re.split(r"^```", text(name), flags=re.MULTILINE)[n::2] for n in (1, 0)))
    figures = re.findall(r"\b\d{1,3}(?:,\d{3})+(?:\.\d+)?\b|\b\d+\.\d\d\b", prose.replace("Python 3.11", ""))
    assert [figure for figure in figures if figure not in shown] == []


def test_the_map_shows_every_module():
    shown = text("docs/explanation/data-flow.md")
    modules = [m.relative_to(ROOT / "clvcli").as_posix() for m in (ROOT / "clvcli").rglob("*.py") if m.name != "__init__.py"]
    assert [m for m in modules if f"- `{m}`: " not in shown] == []
    assert [m for m in re.findall(r"^- `([\w/]+\.py)`: ", shown, re.MULTILINE) if m not in modules] == []


def test_every_dependency_has_its_reason():
    project = tomllib.loads(text("pyproject.toml"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["test"]]
    names = [re.match(r"[\w-]+", requirement).group() for requirement in wanted]
    rows = re.findall(r"^\| (`.*`) \| \S", text("docs/explanation/decisions.md"), re.MULTILINE)
    given = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert sorted(given) == sorted(names)


def test_the_figures_on_real_data_are_what_clv_works_out(real_data, tmp_path):
    terminal = Terminal(tmp_path)
    common = (
        f"{real_data('cdnow/CDNOW_master.txt')} --map ordered_at=date --map amount=dollar_value --date-format %Y%m%d --as-of 1997-09-30"
    )
    page = " ".join(text("docs/explanation/formulas.md").split())

    def value(name, lifespan):
        shown = terminal.type(f"clv explain {name} {common} --margin 1 --lifespan {lifespan} --table arithmetic --format csv --quiet")
        return float(next(line.split(",")[1] for line in shown if line.startswith(f"{name},")))

    assert f"lifespan of those nine months: **{value('clv_simple', 273 / 365.25):.2f}** dollars" in page
    for rule in LIFESPANS:
        worth, years = value("clv_simple", rule), value("lifespan_years", rule)
        assert f"| `clv_simple`, `lifespan: {rule}` | {worth:.2f} | {years:.2f} y |" in page
    for name in ("clv_retention_end", "clv_churn"):
        assert f"| `{name}` | {value(name, 'churn'):.2f} | unlimited |" in page
    assert f"with {value('revenue_per_customer', 'churn'):.2f} spent" in page
