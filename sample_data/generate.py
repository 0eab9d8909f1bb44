"""Write the sample data: three years of an invented coffee and tea shop in Trieste.

python sample_data/generate.py            writes the files beside this script and prints their figures
python sample_data/generate.py --check    writes them elsewhere; names the files that differ and exits 1
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl


class Channel(NamedTuple):
    """A way into the shop, and how the customers who come by it behave."""

    name: str
    share: int  # of new customers, in percent
    leaving: float  # probability that an order is the customer's last, on average
    pace: float  # orders a year while the customer stays, on average
    more: float  # probability of each possible further line in an order
    discount: int  # percent off all but equipment, on average
    budget: int  # cents the shop plans to spend to win a customer


class Product(NamedTuple):
    """Something the shop sells; money is in cents, net of VAT."""

    name: str
    category: str
    price: int
    cost: int
    share: int  # of lines, as a weight


class Visit(NamedTuple):
    """An order before anything is in its basket."""

    ordered_at: datetime
    customer_id: str | None
    channel: Channel
    country: str


class Line(NamedTuple):
    """One record of the export: a line of an order, or its refund."""

    order_id: str
    customer_id: str | None
    ordered_at: datetime
    product: str
    category: str
    quantity: int
    amount: Decimal
    cost: Decimal
    channel: str
    country: str
    currency: str


Spend = tuple[str, str, Decimal]  # month, channel, amount

# fmt: off
CHANNELS = (
    #        name          share  leaving  pace  more  discount  budget
    Channel("search",         27,    0.20,  5.0, 0.36,        5,  18_00),
    Channel("social",         24,    0.62,  3.0, 0.24,       28,  11_00),
    Channel("organic",        20,    0.23,  4.2, 0.34,        4,      0),
    Channel("marketplace",    14,    0.18,  6.0, 0.06,       32,  29_00),
    Channel("referral",        9,    0.11,  5.2, 0.42,        6,   5_00),
    Channel("email",           6,    0.10,  5.6, 0.38,        9,   2_50),
)
[NEWSLETTER] = [channel for channel in CHANNELS if channel.name == "email"]
PAID = [channel for channel in CHANNELS if channel.budget]
TILL = Channel("till",         0,    1.00,  0.0, 0.20,        0,      0)

PRODUCTS = (
    #        name                           category        price    cost  share
    Product("Espresso blend, 1 kg",         "beans",        22_90,  11_40,  140),
    Product("House blend, 250 g",           "beans",         7_90,   3_70,  130),
    Product("Café crème, 500 g",            "beans",        13_90,   6_80,  100),
    Product("Ethiopia Yirgacheffe",         "beans",        10_50,   5_20,  120),
    Product("Decaf Brasil",                 "beans",         8_90,   4_30,   50),
    Product("Earl Grey",                    "tea",           6_90,   2_20,   70),
    Product("Crème brûlée tea",             "tea",           8_40,   2_90,   60),
    Product("Sencha",                       "tea",           9_20,   3_30,   50),
    Product("Rooibos",                      "tea",           5_90,   1_90,   50),
    Product("Darjeeling first flush",       "tea",          12_50,   5_10,   30),
    Product("Filter papers, 100",           "equipment",     4_50,   2_30,   90),
    Product("Moka pot, 6 cups",             "equipment",    31_00,  20_50,   50),
    Product("Gooseneck kettle",             "equipment",    64_00,  45_90,   10),
    Product("Burr grinder",                 "equipment",   149_00, 112_00,    8),
    Product('Espresso machine "Trieste"',   "equipment", 1_290_00, 968_00,    2),
    Product('Tasting box "Five origins"',   "gifts",        34_00,  18_60,   40),
    Product("Tea for two",                  "gifts",        29_00,  14_20,   30),
    Product("Subscription, 3 months",       "gifts",        57_00,  31_40,   20),
    Product("Subscription, 6 months",       "gifts",       108_00,  60_50,   10),
)
EQUIPMENT = "equipment"  # is bought singly and at full price
# fmt: on

SEED = 20230101
CUSTOMERS = 2400
TILL_SALES = 85
COUNTRIES = {"IT": 46, "DE": 24, "AT": 14, "FR": 11, "LV": 5}  # of customers, in percent
HOME, CURRENCY = "IT", "EUR"

OPENING = datetime.fromisoformat("2023-01-01")  # the shop's own time, like every time here
CLOSING = datetime.fromisoformat("2026-01-01")
DAYS = [OPENING + timedelta(days=day) for day in range((CLOSING - OPENING).days)]
GROWTH = {2023: 9, 2024: 10, 2025: 11}  # new customers of a year, as a weight
SEASON = (8, 7, 7, 7, 6, 6, 5, 5, 7, 8, 12, 14)  # new customers from January to December, as weights
DAYS_PER_YEAR = 365.25
EARLIEST, LATEST, BUSIEST = 7 * 3600, 23 * 3600, 20 * 3600  # seconds of the day
PACE_SHAPE = 1.5  # of a gamma: the smaller, the more customers differ in how often they buy
LEAVING_WEIGHT = 4  # of a beta: the smaller, the more customers differ in how soon they leave
NEWSLETTER_SHARE = 0.15  # of later orders
FURTHER_LINES = 3  # at most
QUANTITIES, QUANTITY_SHARES = (1, 2, 3), (80, 15, 5)
DISCOUNT_RANGE = (50, 150)  # of an order, in percent of its channel's
REFUND_SHARE = 0.04  # of orders
REFUND_DAYS = (2, 25)
SLIPPAGE = (0.85, 1.15)  # a month's spend against its budget
FIRST_ORDER_NUMBER = 100001

TYPES = {"amount": pl.Decimal(12, 2), "cost": pl.Decimal(12, 2)}  # of columns; Polars infers the others
PLAIN_TIME, EUROPEAN_TIME = "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M:%S"
HERE = Path(__file__).parent


def euros(cents: int) -> Decimal:
    """Cents as an exact amount of currency."""
    return Decimal(cents).scaleb(-2)


def arrivals(day: datetime) -> int:
    """How many new customers a day brings, as a weight."""
    return GROWTH[day.year] * SEASON[day.month - 1]


def at_some_time(rng: random.Random, day: datetime) -> datetime:
    """A second of the day at which people order."""
    return day + timedelta(seconds=int(rng.triangular(EARLIEST, LATEST, BUSIEST)))


def order_days(rng: random.Random, channel: Channel, first: int) -> Iterator[datetime]:
    """The days a customer orders on: at their own pace, until they leave or the data ends."""
    pace = rng.gammavariate(PACE_SHAPE, channel.pace / PACE_SHAPE) / DAYS_PER_YEAR
    leaving = rng.betavariate(channel.leaving * LEAVING_WEIGHT, (1 - channel.leaving) * LEAVING_WEIGHT)
    elapsed = float(first)
    while elapsed < len(DAYS):
        yield DAYS[int(elapsed)]
        if rng.random() < leaving:
            return
        elapsed += rng.expovariate(pace)


def customer_visits(rng: random.Random, customer_id: str, first: int) -> Iterator[Visit]:
    """The orders of one customer, who keeps their channel but may follow the newsletter to a later order."""
    [channel] = rng.choices(CHANNELS, [channel.share for channel in CHANNELS])
    [country] = rng.choices(list(COUNTRIES), list(COUNTRIES.values()))
    times = sorted(at_some_time(rng, day) for day in order_days(rng, channel, first))
    for earlier, ordered_at in enumerate(times):
        by_newsletter = earlier and rng.random() < NEWSLETTER_SHARE
        yield Visit(ordered_at, customer_id, NEWSLETTER if by_newsletter else channel, country)


def visits(rng: random.Random) -> list[Visit]:
    """Every order by time: those of customers, numbered as they arrive, and the till's anonymous ones."""
    firsts = sorted(rng.choices(range(len(DAYS)), [arrivals(day) for day in DAYS], k=CUSTOMERS))
    found = [Visit(at_some_time(rng, day), None, TILL, HOME) for day in rng.choices(DAYS, k=TILL_SALES)]
    for number, first in enumerate(firsts, start=1):
        found += customer_visits(rng, f"C-{number:05}", first)
    return sorted(found, key=lambda visit: (visit.ordered_at, visit.customer_id or ""))


def basket(rng: random.Random, channel: Channel) -> list[Product]:
    """What is in an order, each product once."""
    lines = 1 + sum(rng.random() < channel.more for _ in range(FURTHER_LINES))
    return list(dict.fromkeys(rng.choices(PRODUCTS, [product.share for product in PRODUCTS], k=lines)))


def sale(rng: random.Random, order_id: str, visit: Visit, product: Product, discount: int) -> Line:
    """A product in an order; the amount is after discount, rounded to the cent."""
    quantity, percent = 1, 100
    if product.category != EQUIPMENT:
        [quantity] = rng.choices(QUANTITIES, QUANTITY_SHARES)
        percent -= discount
    amount, cost = euros((product.price * quantity * percent + 50) // 100), euros(product.cost * quantity)
    ordered_at, customer_id, channel, country = visit
    what = (product.name, product.category, quantity, amount, cost)
    return Line(order_id, customer_id, ordered_at, *what, channel.name, country, CURRENCY)


def refund(rng: random.Random, line: Line) -> Line:
    """The line taken back some days later: goods, money and cost."""
    day = DAYS[(line.ordered_at - OPENING).days] + timedelta(days=rng.randint(*REFUND_DAYS))
    taken_at = at_some_time(rng, day)
    return line._replace(ordered_at=taken_at, quantity=-line.quantity, amount=-line.amount, cost=-line.cost)


def order_lines(rng: random.Random) -> list[Line]:
    """Every record of the export by time; refunds after its last day aren't in it yet."""
    lines = []
    for number, visit in enumerate(visits(rng), start=FIRST_ORDER_NUMBER):
        discount = visit.channel.discount * rng.randint(*DISCOUNT_RANGE) // 100
        order = [sale(rng, f"S-{number}", visit, product, discount) for product in basket(rng, visit.channel)]
        lines += order
        if rng.random() < REFUND_SHARE:
            lines.append(refund(rng, rng.choice(order)))
    return sorted((line for line in lines if line.ordered_at < CLOSING), key=lambda line: line.ordered_at)


def monthly_spend(rng: random.Random) -> Iterator[Spend]:
    """Spend by month and paid channel: the budget for the customers the shop expects, more or less."""
    expected_per_weight = CUSTOMERS / sum(arrivals(day) for day in DAYS)
    for month, days in groupby(DAYS, key=lambda day: f"{day:%Y-%m}"):
        expected = expected_per_weight * sum(arrivals(day) for day in days)
        for channel in PAID:
            budget = expected * channel.share / 100 * channel.budget
            yield month, channel.name, euros(round(budget * rng.uniform(*SLIPPAGE)))


def european(amount: Decimal) -> str:
    """An amount with a thousands point and a decimal comma."""
    return f"{amount:,}".translate(str.maketrans(",.", ".,"))


def write(folder: Path, lines: list[Line], spend: list[Spend]) -> None:
    """Write every data file to the folder."""
    orders = pl.DataFrame(lines, Line._fields, schema_overrides=TYPES, orient="row")
    as_text = orders.with_columns(pl.col("amount", "cost").map_elements(european, return_dtype=pl.String))
    orders.write_parquet(folder / "orders.parquet")
    orders.write_csv(folder / "orders.csv", datetime_format=PLAIN_TIME)
    as_text.write_csv(folder / "orders.european.csv", separator=";", line_terminator="\r\n", datetime_format=EUROPEAN_TIME)
    pl.DataFrame(spend, ("month", "channel", "amount"), orient="row").write_csv(folder / "spend.csv")


def totals(lines: list[Line]) -> str:
    """The totals of the orders, as the table in README.md."""
    figures = {
        "records": len(lines),
        "of them refunds": sum(line.quantity < 0 for line in lines),
        "orders": len({line.order_id for line in lines}),
        "of them anonymous": len({line.order_id for line in lines if not line.customer_id}),
        "customers": len({line.customer_id for line in lines if line.customer_id}),
        f"revenue net of refunds, {CURRENCY}": sum(line.amount for line in lines),
        f"cost of goods, {CURRENCY}": sum(line.cost for line in lines),
    }
    rows = "\n".join(f"| {name} | {figure:,} |" for name, figure in figures.items())
    return f"| | |\n|---|--:|\n{rows}"


def rates(lines: list[Line], spend: list[Spend]) -> str:
    """Spend per new customer of each paid channel, as the line in clv.yaml."""
    newcomers = Counter({line.customer_id: line.channel for line in reversed(lines)}.values())
    spent = {paid.name: sum(amount for _, name, amount in spend if name == paid.name) for paid in PAID}
    return "rates: {" + ", ".join(f"{name}: {spent[name] / newcomers[name]:.2f}" for name in spent) + "}"


def same(one: Path, other: Path) -> bool:
    """Whether both files say the same; another version of Polars may write other Parquet bytes."""
    if one.suffix == ".parquet" and other.exists():
        return pl.read_parquet(one).equals(pl.read_parquet(other))
    return other.exists() and one.read_bytes() == other.read_bytes()


def differing(lines: list[Line], spend: list[Spend]) -> list[str]:
    """The data files that aren't what this script writes, and the pages that quote other figures."""
    with TemporaryDirectory() as folder:
        write(Path(folder), lines, spend)
        files = [path.name for path in sorted(Path(folder).iterdir()) if not same(path, HERE / path.name)]
    quoted = {"README.md": totals(lines), "clv.yaml": rates(lines, spend)}
    return files + [name for name, text in quoted.items() if text not in (HERE / name).read_text("utf-8")]


def main() -> None:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description="Write the sample data.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change")
    lines, spend = order_lines(random.Random(SEED)), list(monthly_spend(random.Random(SEED)))
    if not parser.parse_args().check:
        write(HERE, lines, spend)
        print(totals(lines), rates(lines, spend), sep="\n\n")
    elif names := differing(lines, spend):
        raise SystemExit(f"not as generate.py writes them: {', '.join(names)}")


if __name__ == "__main__":
    main()
