"""The initial config: what was understood of an export, written down as a commented clv.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clvcli.analysis import Analysis, analysis
from clvcli.errors import OutputError, Place, Problem
from clvcli.exports import ROLES
from clvcli.exports.days import DayFormat
from clvcli.exports.files import STDIN
from clvcli.exports.plans import Plan
from clvcli.request import Request
from clvcli.runs import write_atomically
from clvcli.settings import Config


def write_config(request: Request, path: Path, *, force: bool) -> str:
    """Write what was understood to `path`; gives the sentence to say of it, or for `-` the config itself."""
    if path.exists() and not force:
        raise OutputError(Problem("is there already", Place(str(path)), "add --force to write over it"))
    found = analysis(request)
    text = config_text(found, path)
    if str(path) == STDIN:
        return text.rstrip()
    write_atomically(path, lambda out: out.write(text.encode()))
    return f"{path} written for {found.reading.ledger}"


def config_text(found: Analysis, path: Path) -> str:
    """A commented config: what was understood is set, what could be set stands ready."""
    given = found.loaded.config
    folder = path.absolute().parent
    names = [_relative(name, folder) for name in (found.request.orders or found.loaded.orders)]
    plan = found.reading.plans[0]
    currency = f"currency: {found.reading.currency}" if found.reading.currency else "# currency: EUR"
    has_cost = plan.roles.has("cost")
    margin = (
        "# margin: 0.35          # where the cost column is empty"
        if has_cost
        else "# margin: 0.35          # gross profit per unit of revenue; or by product, category or channel:"
    )
    return _CONFIG.format(
        orders="".join(f"\n  - {_scalar(name)}" for name in names),
        reading="".join(
            f"\n{line}" for line in _understood(plan, given, found.loaded.presets, folder, is_mixed=_are_mixed(found.reading.plans))
        ),
        currency=currency,
        margin=margin,
    )


_AS_GIVEN = (
    "where", "tz", "encoding", "delimiter", "member", "sheet", "identity", "anonymous", "allow_anonymous", "statuses", "tax", "shipping",
    "minor_units", "count_free", "max_rejects", "as_of",
)  # fmt: skip
"""Keys that no export tells: they stand in the config as they were said."""
_MIXED = ("date_format", "decimal", "header", "grain")


def _line(key: str, value: object) -> str:
    """A key with its value as YAML, also a list or keys of its own."""
    if isinstance(value, dict):
        return "\n".join([f"{key}:", *(f"  {_scalar(name)}: {_scalar(str(one))}" for name, one in value.items())])
    if isinstance(value, tuple):
        return f"{key}: [{', '.join(_scalar(str(one)) for one in value)}]"
    return f"{key}: {_scalar(value) if isinstance(value, str) else str(value).lower()}"


def _given(given: Config, keys: Sequence[str]) -> list[str]:
    """The keys that were set, as they were."""
    return [_line(key, getattr(given, key)) for key in keys if getattr(given, key) != getattr(Config(), key)]


def _are_mixed(plans: Sequence[Plan]) -> bool:
    """Whether the files are of several platforms, not parts of one."""
    return len({plan.preset.name if plan.preset else "" for plan in plans}) > 1 and not any(
        plan.preset and plan.preset.files for plan in plans
    )


def _understood(plan: Plan, given: Config, presets: Path | None, folder: Path, *, is_mixed: bool) -> list[str]:
    """The keys that say how the export was read."""
    lines = [_line("presets", _relative(str(presets), folder))] if presets else []
    if is_mixed:
        lines += ["# the files are of several platforms; each is understood by itself", *_given(given, ("columns", *_MIXED, *_AS_GIVEN))]
        return lines
    if plan.preset:
        lines.append(f"preset: {plan.preset.name:<20} # {plan.preset.title}")
    roles = {**plan.roles.of, **{role: e.text for role, e in plan.roles.arithmetic.items()}}
    if roles.get("email") == roles["customer_id"]:
        del roles["customer_id"]
    mapped = [
        f"  {role.name}: {_scalar(roles[role.name])}" for role in ROLES if role.name in roles and not roles[role.name].startswith("clv:")
    ]
    if not plan.preset:
        lines += ["# role: the column that has it, or arithmetic over columns", "columns:", *mapped]
    else:
        lines += ["# roles are the preset's; a column that you name goes before it:", "# columns:", *(f"# {line}" for line in mapped)]
    how = plan.of.dialect
    if how and not how.has_header:
        lines.append("header: false")
    lines += _given(given, _AS_GIVEN)
    if how and not given.encoding and how.encoding.name not in ("utf-8", "ascii") and plan.of.sheet is None:
        lines.append(f"encoding: {how.encoding.name}")
    lines += _spelled(plan, given)
    if not plan.preset and plan.roles.has("order_id"):
        lines.append(f"grain: {plan.grain}             # {plan.shown_grain}")
    return lines


def _spelled(plan: Plan, given: Config) -> list[str]:
    """How dates and numbers are written, where that isn't plain."""
    lines = []
    how: DayFormat = plan.days
    chosen = given.date_format or {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y"}.get(how.kind, "")
    if chosen:
        sign = how.like[2] if how.like and how.kind in ("dmy", "mdy") else "/"
        lines.append(f"date_format: {_scalar(given.date_format or chosen.replace('/', sign))}")
    decimal = given.decimal or ("," if any(n.kind == "written" and n.decimal == "," for n in plan.numbers.values()) else "")
    lines += [f"decimal: {_scalar(decimal)}"] if decimal else []
    return lines


def _relative(name: str, folder: Path) -> str:
    path = Path(name).absolute()
    return name if name == "-" else str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _scalar(value: str) -> str:
    """A YAML scalar, quoted unless it is plainly a word."""
    plain = value.replace("_", "a").replace("/", "a").replace(".", "a").replace("-", "a")
    is_word = plain.isalnum() and (value[0].isalpha() or value[0] in "_/") and value.lower() not in ("true", "false", "null")
    return value if is_word else "'" + value.replace("'", "''") + "'"


_CONFIG = """\
# What clv understood of these orders. `clv explain NAME` says what each number means.
orders:{orders}
{reading}
{currency}

# where: quantity > 0       # use only records that meet this condition
# period: auto              # year, quarter, month; auto takes the longest that fits twice
# as_of: 2025-12-31         # end of observation; else the day of the last order

{margin}
# margin: {{by: category, rates: {{beans: 0.45}}, otherwise: 0.30}}
# costs: {{payment_share: 0.029, payment_fixed: 0.30, shipping_per_order: 4.50}} # of an order, beside its goods
# cac: 20                   # what it cost to win a customer; or by channel:
# cac: {{by: channel, rates: {{search: 18, social: 12}}, otherwise: 0}}
# spend: ads.csv            # or what was spent, by date or month and channel, instead of a cac
# discount_rate: 0.10       # a year
# lifespan: churn           # years, or churn, tenure, survival
# churn: {{window_days: 180}} # days until a customer has lapsed; else the shop's own gaps tell

# horizon: 12m              # how far ahead clv predict looks: 6m, 26w, 90d, 2y
# model: bg_nbd             # or pareto_nbd, mbg_nbd, bg_bb, sbg; else the one nearest on the shop's own past
# model_file: model.json    # parameters that clv predict --save-model wrote, instead of fitting them
# ended: cancelled_on       # the column that says when a contract ended
# billing: month            # how often contracts are paid; else as the gaps between payments tell
# cuts: [2024-12-31]        # days at which clv backtest cuts the past; else the horizon, or half the data, is left after it
# holdout: 6m               # how long after a cut it looks; else as far as the data go
# verdict: never            # compute says how far off such figures were; always, also in files

# formulas:
#   clv_two_years: {{text: aov * purchase_frequency * 2 * margin - cac, unit: money, basis: margin, scope: total, horizon: 2 y}}
# segments:
#   loyal: orders >= 3

# report: {{title: My shop, sections: [headline, segments, trend], by: channel}} # what clv report shows; else all
# snapshots: history        # a folder in which each report's tables are kept, to compare with
# compare: previous         # say what changed since the snapshot before, or that of a day
# keep: 12                  # how many dated reports and snapshots stay
# fail_if: retention_rate < 0.25 # exit code 6 if so
# on_success: [curl, -fsS, 'https://example.org/ping'] # a command, run without a shell
# on_failure: [mail, -s, clv, me@example.org]
# show_ids: true            # show people e-mail addresses whole
"""
