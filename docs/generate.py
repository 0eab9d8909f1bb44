"""The reference pages, made from the program itself.

python docs/generate.py            writes them
python docs/generate.py --check    writes nothing; names the pages that are out of date and exits 1
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from typer.main import get_command

from clvcli import errors
from clvcli.baselines import BASELINES
from clvcli.catalog import SETTINGS
from clvcli.cli import options
from clvcli.cli.app import main as main_of_clv
from clvcli.cli.app import program
from clvcli.cli.help import BEFORE, GROUPS, HOW_TO, MOVED, described, grouped, meaning
from clvcli.config import Config
from clvcli.errors import ClvError, Exit
from clvcli.exports.preset_schema import Preset, Source, Statuses
from clvcli.exports.presets import presets
from clvcli.formulas import FORMULAS, LIFESPANS, Formula, lifespan
from clvcli.metrics import METRICS
from clvcli.model_explanations import EXPLAINED, Model, told, unit
from clvcli.models.assumptions import ASSUMPTIONS
from clvcli.models.gamma_gamma import GAMMA_GAMMA
from clvcli.models.meanings import MEANINGS
from clvcli.reports.backtest import AUC, BIAS, CAPTURE, CORRELATION, GINI, HOLDS, MAE, OFF, RMSE, WITHIN
from clvcli.reports.predict import (
    DISCOUNTED_ORDERS,
    EXPECTED_ORDERS,
    EXPECTED_REVENUE,
    EXPECTED_SPEND,
    P_ALIVE,
    RESIDUAL_ORDERS,
    RESIDUAL_VALUE,
)
from clvcli.rfm import NAMES, SCORES, mean_score, name_of
from clvcli.tables import Column
from clvcli.tiers import BOUNDARIES, tier_names

ROOT = Path(__file__).parents[1]
PAGES = Path(__file__).parent / "reference"
_MADE = "<!-- Made by docs/generate.py from the program; a change made here is lost. -->"
_FATES = ("keep", "refunded", "partly_refunded", "cancelled", "unpaid", "test", "not_sale")
_MERGE = {"sum": "sum", "min": "earliest", "max": "latest"}
_CODES = {
    Exit.OK: "Done. Records may have been left out; the ledger counts them.",
    Exit.BUG: "A bug in clv. Please report it with what is shown.",
    Exit.FOUND: "Done and written, but a condition of `--fail-if` or of the config was met, or could not be judged.",
    Exit.INTERRUPTED: "Interrupted at the keyboard.",
}


def page(title: str, *parts: str) -> str:
    """A page of parts set apart by blank lines."""
    return "\n\n".join([f"# {title}", _MADE, *parts]) + "\n"


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def commands() -> str:
    """Each command as a page of a manual, from its docstring, its options and what it answers for the sample shop."""
    every = get_command(program()).commands  # type: ignore[attr-defined]
    named = {title: list(names) for title, names in GROUPS.items()}
    first = {p.name: p for c in reversed(every.values()) for p in c.params}
    shared = {title: {name: first[name] for name in names if name in first} for title, names in named.items()}
    listed = [(f"[`clv {name}`](#clv-{name})", described(c.help).short) for name, c in every.items()]
    return page(
        "Commands",
        "`clv COMMAND --help` and `clv help COMMAND` say the same at the terminal. Options may stand before or after the orders, but\n"
        "after the command; `--option=value` is the same as `--option value`.",
        table(("command", "what it answers"), listed),
        "`clv --version`, or `-V`, names the versions of clv and of what its figures depend on.",
        *(part for name, command in every.items() for part in _manual(name, command, shared)),
        "## Options of several commands",
        "An option goes before the key of `clv.yaml` that says the same.",
        *(f"### {title}\n\n{_options_table(found.values())}" for title, found in shared.items() if title not in _OF_ONE),
    )


_OF_ONE = (MOVED, BEFORE)
"""Groups of options that only `clv whatif` has."""
_CODES_OF = {"config": (Exit.CONFIG, Exit.INPUT), "output": (Exit.OUTPUT,), "fail_if": (Exit.FOUND,)}
_ANSWERS = {
    "compute": (),
    "segments": ("--by", "channel"),
    "customers": (),
    "cohorts": (),
    "trend": (),
    "predict": ("--model", "bg_nbd"),
    "backtest": ("--model", "bg_nbd", "--by", "channel"),
    "whatif": ("--aov", "+5%", "--by", "channel"),
    "inspect": (),
}
"""How each command is asked for its tables; the others have none of their own."""


def _manual(name: str, command: Any, shared: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A command: its name, synopsis, examples, options, output, exit codes, and where more is said."""
    told = described(command.help)
    yield f"## `clv {name}`"
    yield f"*{told.question}* {told.answer}".strip()
    context = command.make_context(name, [], resilient_parsing=True)
    yield f"```text\nclv {name} {' '.join(command.collect_usage_pieces(context))}\n```"
    yield "**Examples**\n\n```sh\n" + "\n".join(told.examples) + "\n```"
    arguments = [(f"`{p.metavar}`", p.help) for p in command.params if p.param_type_name == "argument"]
    yield "**Arguments**\n\n" + table(("argument", "meaning"), arguments)
    yield from _options_of(command, shared)
    if name in _ANSWERS:
        yield f"**Output**, with `{' '.join(['clv', name, *_ANSWERS[name]])}`\n\n{_tables(name)}"
    given = {p.name for p in command.params}
    codes = sorted({Exit.OK, Exit.USAGE, *(code for option, found in _CODES_OF.items() if option in given for code in found)})
    yield f"**Exit codes** [{', '.join(str(code.value) for code in codes)}](exit-codes.md)"
    more = [f"[{_title(at)}](../how-to/{at}.md)" for at in HOW_TO[name]]
    yield f"**See also** {', '.join(more)}"


def _options_of(command: Any, shared: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The options of a command; those that stand below for several commands are only named."""
    for title, found in grouped(command.params).items():
        if title in shared and title not in _OF_ONE and all(shared[title][p.name] is p or _same(shared[title][p.name], p) for p in found):
            yield f"**[{title}](#{title.lower().replace(' ', '-')})** {' '.join(f'`{p.opts[0]}`' for p in found)}"
        else:
            yield f"**{title}**\n\n{_options_table(found)}"


_NOTHING = ("[]", "{}", "''", "null", "False", "false")
"""Defaults that say nothing: without the option there is none of it."""


def _same(one: Any, other: Any) -> bool:
    return (one.opts, one.help, one.metavar) == (other.opts, other.help, other.metavar)


def _options_table(found: Iterable[Any]) -> str:
    """Options with their meaning, what holds without them, and the key of the config that says the same."""
    schema, rows = Config.model_json_schema(), []
    for option in found:
        names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
        key = "" if option.metavar == "MOVE" else _key(option.name)
        of = schema["properties"].get(key.partition(": ")[0], {})
        default = _default(of) if of and ": " not in key else "" if option.is_flag or option.default is None else str(option.default)
        default = "" if default in _NOTHING else default
        metavar = "" if option.is_flag else f" *{option.metavar}*"
        rows.append(
            (names + metavar, meaning(option).partition(" [default")[0], f"`{default}`" if default else "", f"`{key}`" if key else "")
        )
    return table(("option", "meaning", "default", "key"), rows)


def _key(name: str) -> str:
    """The key of the config that says the same as an option."""
    if name in options._OF_CHURN:
        return f"churn: {options._OF_CHURN[name]}"
    return options._IN_CONFIG.get(name, name) if name in options._SETTLED else ""


def _tables(name: str) -> str:
    """The tables of an answer with their columns."""
    ran = _answered([name, str(ROOT / "sample_data" / "orders.csv"), *_ANSWERS[name], "--format", "json", "--quiet"])
    rows = [(f"`{one['name']}`", one["title"], " ".join(f"`{c['name']}`" for c in one["columns"])) for one in ran["tables"]]
    return table(("table", "title", "columns"), rows)


def _answered(words: list[str]) -> Any:
    """The answer of clv as it is written for machines."""
    shown = io.BytesIO()
    stream = io.TextIOWrapper(shown, "utf-8", write_through=True)
    with mock.patch.object(sys, "argv", ["clv", *words]), mock.patch.object(sys, "stdout", stream), contextlib.suppress(SystemExit):
        main_of_clv()
    return json.loads(shown.getvalue())


def _title(how_to: str) -> str:
    """The title of a how-to page."""
    page_of = PAGES.parent / "how-to" / f"{how_to}.md"
    return page_of.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def metrics() -> str:
    """Every measured number."""
    rows = [(f"`{m.name}`", m.column.label, m.column.unit.value, _MERGE[m.merge], m.column.description, m.column.source) for m in METRICS]
    return page(
        "Metrics",
        "A metric is measured once per customer. For a group of customers it is the sum of theirs, or the earliest or latest of\n"
        "their days. Formulas, conditions and `clv explain` know it by its name. [RFM and value tiers](rfm.md) rank customers by\n"
        "three of them.",
        table(("name", "label", "unit", "of a group", "meaning", "source"), rows),
    )


def formulas() -> str:
    """Every derived number, the CLVs last; then the ways to a lifespan."""
    ordinary = [_formula(f) for f in FORMULAS if not f.labels]
    clvs = [_formula(f) for f in FORMULAS if f.labels]
    return page(
        "Formulas",
        "A formula is text over [metrics](metrics.md), [settings](settings.md) and other formulas, worked out after the metrics of\n"
        "all customers of a group are added up. Where an input is unknown or a division by zero, it has no value, shown as –.",
        "## Figures",
        *ordinary,
        "## Lifespan",
        "`lifespan_years` is a fixed number of years, or one of three rules.",
        *(_formula(lifespan(rule), f"### `lifespan: {rule}`") for rule in LIFESPANS),
        "## CLVs",
        "Each says what it counts (basis), of which orders (scope), how far it reaches (horizon) and at what rate later money is\n"
        "worth less (discounting). [How far they are off](../explanation/formulas.md) is another matter.",
        *clvs,
    )


def _formula(formula: Formula, heading: str = "") -> str:
    column, labels = formula.column, formula.labels
    lines = [f"`{formula.expression.text}`", "", f"{column.label} ({column.unit.value}). {column.description}"]
    if labels:
        named = {"lifespan": "`lifespan_years`", "horizon": "`horizon_months`", "discount_rate": "`discount_rate`"}
        horizon, discounting = (named.get(text, text) for text in (labels.horizon, labels.discounting))
        lines += ["", f"Basis {labels.basis}, scope {labels.scope}, horizon {horizon}, discounting {discounting}."]
    lines += ["", f"*Source:* {column.source}"] if column.source else []
    lines += ["", f"*Pitfall:* {formula.pitfall}"] if formula.pitfall else []
    return "\n".join([heading or f"### `{formula.name}`", "", *lines])


def settings() -> str:
    """Every key of the config, and the settings that formulas can read."""
    schema = Config.model_json_schema()
    meanings = dict(_meanings((ROOT / "config.example.yaml").read_text(encoding="utf-8")))
    rows = [(f"`{key}`", _type(of), f"`{_default(of)}`", _option(key), meanings[key]) for key, of in schema["properties"].items()]
    inner = [_inner(_owner(f"#/$defs/{name}"), of) for name, of in schema["$defs"].items()]
    names = [(f"`{s.name}`", s.label, s.unit.value, s.description) for s in SETTINGS]
    return page(
        "Settings",
        "The keys of `clv.yaml`, with their defaults, and the option that says the same on the command line and goes before it.\n"
        "[config.example.yaml](../../config.example.yaml) holds all of them with examples.",
        table(("key", "value", "default", "option", "meaning"), rows),
        *inner,
        "## Settings that formulas can read",
        table(("name", "label", "unit", "meaning"), names),
    )


def _meanings(example: str) -> Iterator[tuple[str, str]]:
    """The comment behind each key of the example."""
    yield from re.findall(r"^(\w+):[^#\n]*# (.+)$", example, re.MULTILINE)


def _option(key: str) -> str:
    """The option that sets a key, if there is one."""
    of_key = {to: name for name, to in options._IN_CONFIG.items()}.get(key, key)
    if of_key not in options._SETTLED:
        return ""
    params = [p for command in get_command(program()).commands.values() for p in command.params]  # type: ignore[attr-defined]
    found = {p.opts[0]: p.secondary_opts for p in params if p.name == of_key and p.opts[0].startswith("-")}
    return " ".join(f"`{name}`" for option, more in found.items() for name in (option, *more))


def _owner(ref: str) -> str:
    """The key that has a part of the schema as its value."""
    return next(key for key, of in Config.model_json_schema()["properties"].items() if f"'{ref}'" in str(of))


def _inner(key: str, schema: Mapping[str, Any]) -> str:
    needed = schema.get("required", ())
    rows = [(f"`{name}`", _type(of), "needed" if name in needed else f"`{_default(of)}`") for name, of in schema["properties"].items()]
    return f"## Inside `{key}`\n\n{schema['description']}\n\n{table(('key', 'value', 'default'), rows)}"


def _default(schema: Mapping[str, Any]) -> str:
    """A default as YAML writes it."""
    value = schema["default"]
    if isinstance(value, dict) and value:
        return "{" + ", ".join(f"{k}: {v}" for k, v in value.items()) + "}"
    return {None: "null", "": "''", True: "true"}.get(value, str(value)) if not isinstance(value, dict | list) else str(value)


def _type(schema: Mapping[str, Any]) -> str:
    """What may stand there, in words."""
    if "$ref" in schema:
        return f"[keys of its own](#inside-{_owner(schema['$ref'])})"
    if several := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_type(one) for one in several if one.get("const") != "")
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"] if value)
    match schema["type"]:
        case "array":
            return f"{_type(schema['items'])}, or a list of it"
        case "object":
            return f"names, each with {_type(schema['additionalProperties'])}"
        case "number" | "integer" as kind:
            return {"number": "number", "integer": "whole number"}[kind] + _range(schema)
    return {"boolean": "true or false", "null": "nothing"}.get(schema["type"], schema.get("format", "text"))


def _range(schema: Mapping[str, Any]) -> str:
    least = f" from {schema['minimum']:g}" if "minimum" in schema else f" above {schema['exclusiveMinimum']:g}"
    return least + (f" to {schema['maximum']:,.0f}" if "maximum" in schema else "")


def exit_codes() -> str:
    """What the shell is told, and by which kind of error."""
    kinds = {
        kind.exit: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ClvError) and kind is not ClvError
    }
    rows = [
        (
            f"{code.value}",
            f"`{kinds[code].__name__}`" if code in kinds else "",
            kinds[code].__doc__ or "" if code in kinds else _CODES[code],
        )
        for code in Exit
    ]
    return page(
        "Exit codes",
        table(("code", "error", "meaning"), rows),
        "[Every error](../errors.md) stands with its message under its code. A code that isn't here means failure too.",
    )


_GRAINS = {
    "order": "one record is an order",
    "line": "records of an order are summed",
    "header_and_lines": "an order's first record holds its totals",
    "repeated": "an order's totals stand on each of its records",
}


def every_preset() -> str:
    """The exports that clv knows by their columns."""
    parts = [_preset(one) for _, one in sorted(presets().items(), key=lambda item: item[1].title.lower())]
    return page(
        "Presets",
        "`clv` knows these exports by their columns. `--preset NAME` says which one a file is, `--preset none` that it is none of\n"
        "them. [Write your own](../how-to/write-your-own-preset.md) for a platform that isn't here.",
        *parts,
    )


def _preset(one: Preset) -> str:
    needed = ", ".join(" or ".join(f"`{name}`" for name in names) for names in one.match.require)
    lines = [f"Recognised by the columns {needed}."]
    if one.refuse:
        lines += ["", f"*Refused:* {one.refuse}."]
    else:
        lines += ["", f"*Records:* {_GRAINS[one.grain]}." + (" Tax and shipping are in the amount." if len(one.includes) > 1 else "")]
        lines += ["", _table_of_roles(one)]
    lines += ["", f"*Statuses:* {_statuses(one.status)}"] if one.status else []
    return "\n".join([f"## {one.title}", "", f"`--preset {one.name}`. {one.note}", "", *lines])


def _table_of_roles(one: Preset) -> str:
    return table(("role", "from"), [(f"`{role}`", _source(source)) for role, source in one.columns.items()])


def _source(source: Source) -> str:
    """Where a role's values come from, in words."""
    if source.text:
        return f"`` {source.text} ``"
    if source.value:
        return f"always {source.value}"
    of = " or else ".join(f"`{name}`" for name in source.any) or " and ".join(" or ".join(f"`{n}`" for n in names) for names in source.join)
    zone = f", in {source.zone}" if source.zone else ""
    return f"{of}{zone}{', with the other sign' if source.negative else ''}{', the numbers in its text' if source.sum_of else ''}"


def _statuses(one: Statuses) -> str:
    listed = [f"{fate.replace('_', ' ')}: {', '.join(getattr(one, fate))}" for fate in _FATES if getattr(one, fate)]
    unknown = {"keep": "kept", "leave_out": "left out", "refuse": "refused"}[one.unknown]
    return f"{'; '.join(listed)}; any other is {unknown}."


def rfm() -> str:
    """How customers are scored and named, and the tiers of their revenue."""
    head = tuple(str(score) for score in SCORES)
    fm = [(f"**F{f}**", *(str(mean_score(f, m)) for m in SCORES)) for f in SCORES]
    grid = [(f"**R{r}**", *(name_of(r, score, score) for score in SCORES)) for r in reversed(SCORES)]
    names = [(n.name, _span(n.recency), _span(n.fm), f"{_codes(n.name)}", n.meaning) for n in NAMES]
    tiers = [(name, _share_above(at)) for at, name in enumerate(tier_names())]
    return page(
        "RFM and value tiers",
        "RFM scores every customer from 1 to 5 three times: recency (R) by `idle_days`, where the least is best, frequency (F) by\n"
        "`orders`, and monetary value (M) by `revenue`. The code 545 is an R of 5, an F of 4 and an M of 5.",
        "*Source:* Hughes 1994, Strategic Database Marketing; Bult & Wansbeek 1995, Optimal Selection for Direct Mail.",
        "## Scores",
        "```text\nscore = 1 + ⌊5 × customers with a strictly worse value / customers⌋\n```",
        "Where no two customers are equal, each score has a fifth of them. Equal values always score the same, the least of the\n"
        "scores over which they spread, so nobody is flattered and the order of the file doesn't matter. Where seven in ten bought\n"
        "once, these have an F of 1 and all others a 4 or a 5: there is no middle to be in. In a shop of fewer than five customers\n"
        "nobody reaches 5. Who only gave something back is no customer and has no score.",
        "## Names",
        "F and M become one number, FM: their mean, with halves rounded up.",
        table(("", *(f"M{m}" for m in head)), fm),
        "R and FM give the name. Each of the 125 codes has exactly one.",
        table(("", *(f"FM{score}" for score in head)), grid),
        table(("name", "R", "FM", "codes", "who they are"), names),
        "## Value tiers",
        "A customer is in the tier in which the share of customers with strictly more revenue falls. Equals share a tier, the\n"
        "higher one, and the best customer is in the first however small the shop is. So a tier can hold more customers than its\n"
        "name says: of 30 customers, one is in the top 1%. A sentence about a tier gives the share that it really holds.",
        table(("tier", "customers with more revenue"), tiers),
    )


def models() -> str:
    """Each model with its parameters, the baselines, what is expected of each customer, and the measures of accuracy."""
    of_buying = [model for model in EXPLAINED if model is not GAMMA_GAMMA]
    expected = (P_ALIVE, EXPECTED_ORDERS, DISCOUNTED_ORDERS, RESIDUAL_ORDERS, EXPECTED_SPEND, EXPECTED_REVENUE, RESIDUAL_VALUE)
    measures = (BIAS, MAE, RMSE, CORRELATION, CAPTURE, GINI, AUC, WITHIN, HOLDS, OFF)
    simple = [(f"`{b.name}`", b.label, b.description, b.source) for b in BASELINES]
    others = [(f"`{name}`", one.label, one.rows[0][1]) for name, one in told().items() if one.is_compared]
    return page(
        "Models",
        "What `clv predict` forecasts by, and what `clv backtest` holds against the past. `clv explain` knows each of these names, and\n"
        "[the models](../explanation/models.md) tells the ideas. Times are in days. Letters are those of the papers.",
        "## Models of buying and of contracts",
        *map(_model, of_buying),
        "## Model of spending",
        _model(GAMMA_GAMMA),
        "## What is expected of each customer",
        _columns(expected),
        "## Baselines",
        "Forecasts that need no model, in orders and in money. A model that doesn't beat them isn't worth having. NBD above is one too.",
        table(("name", "called", "meaning", "source"), simple),
        "Beside them stand a model with simpler guesses of spend, and of new customers what those before them brought.",
        table(("name", "called", "meaning"), others),
        "## Measures of accuracy",
        "Over the customers won by the cut, in money in the table `accuracy` and in buying days in `accuracy_of_orders`.",
        _columns(measures),
    )


def _model(model: Model) -> str:
    """A model: what it tells, takes for granted and misleads in, and its parameters."""
    known = ASSUMPTIONS[model.name]
    parameters = [(f"`{name}`", unit(model.name, name), meaning) for name, meaning in MEANINGS[model.name].items()]
    lines = [
        f"**{model.label}**, {known.use}. {known.what}",
        "\n".join(f"- {one}" for one in known.assumes),
        table(("parameter", "unit", "meaning"), parameters),
        f"*Pitfall:* {known.pitfall}",
        f"*Source:* {model.source}",
    ]
    return "\n\n".join([f"### `{model.name}`", *lines])


def _columns(columns: tuple[Column, ...]) -> str:
    """Columns of answers with their meanings."""
    rows = [(f"`{c.name}`", c.label, c.unit.value, c.description, c.source) for c in columns]
    return table(("name", "label", "unit", "meaning", "source"), rows)


def _span(ends: tuple[int, int]) -> str:
    return "–".join(map(str, dict.fromkeys(ends)))


def _codes(name: str) -> int:
    """How many of the 125 codes have this name."""
    return sum(name_of(*code) == name for code in itertools.product(SCORES, repeat=3))


def _share_above(at: int) -> str:
    ends = [f"{share * 100:g}%" for share in (0.0, *BOUNDARIES)]
    return " and ".join([f"{ends[at]} or more", *(f"less than {end}" for end in ends[at + 1 : at + 2])])


def sample_report() -> str:
    """The sample shop's report, as clv report writes it."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(ROOT):
        path = Path(folder) / "report.html"
        words = ["clv", "report", "sample_data/orders.csv", "--config", "sample_data/clv.yaml", "--quiet", "-o", str(path)]
        with mock.patch.object(sys, "argv", words), contextlib.suppress(SystemExit):
            main_of_clv()
        return path.read_text(encoding="utf-8")


GENERATED = {
    "commands.md": commands,
    "metrics.md": metrics,
    "formulas.md": formulas,
    "settings.md": settings,
    "exit-codes.md": exit_codes,
    "presets.md": every_preset,
    "rfm.md": rfm,
    "models.md": models,
    "../sample-report.html": sample_report,
}


def outdated() -> list[str]:
    """The pages that aren't what the program would write now."""
    pages = {name: PAGES / name for name in GENERATED}
    return [name for name, at in pages.items() if not at.exists() or at.read_text(encoding="utf-8") != GENERATED[name]()]


def main() -> None:
    """Write the pages that changed, or only name them."""
    check = sys.argv[1:] == ["--check"]
    changed = outdated()
    for name in changed:
        print(f"{name} is out of date" if check else f"{name} written")
        if not check:
            (PAGES / name).write_text(GENERATED[name](), encoding="utf-8")
    sys.exit(bool(changed) and check)


if __name__ == "__main__":
    main()
