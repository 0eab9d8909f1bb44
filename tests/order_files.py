"""Order files as the world's programs write them: the same orders in any dialect, language and spelling, and what is certain of each."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from hypothesis import strategies as st

from clvcli.exports.names import _loaded
from clvcli.periods import day_number
from clvcli.tables import MONEY_SCALE

NAMES = _loaded("names.yaml")
LANGUAGES = ("en", "de", "it", "fr", "es", "pt", "lv")
PEOPLE = {
    "en": ("Zoë Brontë", "Renée O'Neil", "Ann Lee", "José Smith", "Bob Hope"),
    "de": ("Jürgen Groß", "Käthe Müller", "Björn Schäfer", "Uwe Weiß", "Ute Böhm"),
    "it": ("Niccolò Fabbri", "Pietà Rossi", "Gesù Verità", "Ugo Così", "Perché Più"),
    "fr": ("Chloé Lefèvre", "François Hénault", "Zoé Bâtonnier", "Noël Château", "Inès Garçon"),
    "es": ("José Núñez", "María Peña", "Íñigo Muñoz", "Sofía Ibáñez", "Raúl León"),
    "pt": ("João Gonçalves", "Inês Conceição", "António Magalhães", "Sebastião Leitão", "Lúcia Simões"),
    "lv": ("Jānis Bērziņš", "Ķīse Ļūdēna", "Ēriks Kalniņš", "Līga Ozoliņa", "Māra Šķēle"),
    "pl": ("Paweł Żółć", "Łukasz Wiśniewski", "Małgorzata Kędzierska", "Józef Piątek", "Świętosława Bąk"),
    "ru": ("Иван Петров", "Ольга Щукина", "Юрий Ёлкин", "Анна Жданова", "Пётр Эйсымонт"),
}
WRITTEN_IN = {"pl": "en", "ru": "en"}
"""The language of the header, where it isn't that of the customers."""
CODE_PAGE = {"lv": "cp1257", "pl": "cp1250", "ru": "cp1251"}
SIGNS = {
    "en": ("$", "£", "USD"),
    "lv": ("€", "EUR"),
    "pl": ("zł", "PLN"),
    "ru": ("€", "RUB"),
    "de": ("€", "EUR", "CHF"),
    "any": ("$", "kr", "Kč", "R$", "US$", "₽", "руб.", "Fr.", "лв.", "Ft", "lei"),
}
MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"),
    "it": ("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    "pt": ("janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"),
    "lv": ("janvāris", "februāris", "marts", "aprīlis", "maijs", "jūnijs", "jūlijs", "augusts", "septembris", "oktobris", "novembris", "decembris"),
}  # fmt: skip
DATES = {
    "iso": ("{Y}-{m}-{d}", "{Y}-{m}-{d} {H}:{M}", "{Y}-{m}-{d}T{H}:{M}:{S}", "{Y}-{m}-{d}T{H}:{M}:{S}Z", "{Y}-{m}-{d}T{H}:{M}:{S}.250+02:00",
            "{Y}-{m}-{d} {H}:{M}:{S} -0500", "{Y}-{m}-{d} {H}:{M}:{S} UTC",
            "{Y}-{m}-{d}T{H}:{M}:{S}{o}", "{Y}-{m}-{d} {H}:{M} {o}"),
    "short": ("{y}-{m}-{d}", "{y}/{m}/{d}", "{y}.{m1}.{d1}"),
    "ymd": ("{Y}/{m}/{d}", "{Y}.{m}.{d}", "{Y}/{m1}/{d1} {H}:{M}"),
    "dmy": ("{d}/{m}/{Y}", "{d1}/{m1}/{Y}", "{d}.{m}.{Y}", "{d1}.{m1}.{Y}", "{d}-{m}-{Y}", "{d}.{m}.{y}", "{d}/{m}/{y} {H}:{M}",
            "{d}.{m}.{Y}, {H}:{M}:{S}", "{d}.{m}.{Y} {H}.{M}", "{d}/{m}/{Y} {I}:{M} {p}", "{d}.{m}.{Y}.", "{d}/{m}/{Y} {H}h{M}", "{d1}. {m1}. {Y}", "{d} / {m} / {Y}", "{d}.{m}.{Y} - {H}:{M}"),
    "mdy": ("{m}/{d}/{Y}", "{m1}/{d1}/{Y}", "{m}/{d}/{y}", "{m}-{d}-{Y}", "{m1}/{d1}/{Y} {I}:{M} {p}", "{m}/{d}/{Y}, {I}:{M}:{S} {p}",
            "{m1}/{d1}/{y} {H}:{M}", "{m1}/{d1}/{Y}, {I}:{M}:{S}\u202f{p}"),
    "named": ("{d} {B} {Y}", "{d1}. {B} {Y}", "{d1} {b} {Y}", "{d}-{b}-{y}", "{d1} de {B} de {Y}", "{B} {d1}, {Y}", "{b} {d}, {Y} {I}:{M} {p}",
              "{d}-{b}-{Y} {H}:{M}:{S}", "{a}, {d} {b} {Y} {H}:{M}:{S} +0000", "{a} {b} {d} {Y} {H}:{M}:{S} GMT+0100", "{b} {d1}, {Y}, {I}:{M}:{S}\u202f{p}",
              "{d1} {B}, {Y}", "{d}/{b}/{Y}", "{Y}-{b}-{d}", "{Y} {B} {d1}"),
    "compact": ("{Y}{m}{d}",),
    "counted": ("serial", "serial.", "seconds", "milliseconds", "microseconds"),
}  # fmt: skip
CUT_SHORT = {"en": 3, "it": 3, "es": 3, "pt": 3, "lv": 5, "fr": 5, "de": 4}
"""After how many letters a month's name is cut, so that it still means one month."""
_1970 = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Order:
    """One record that is written: whose it is, when, and how much in ten-thousandths."""

    order: int
    customer: int
    at: datetime
    amount: int
    is_kept: bool = True


@dataclass(frozen=True)
class Numbers:
    """How a file writes amounts."""

    decimal: str
    thousands: str
    places: int
    """How many decimals; -1 for as many as are needed."""
    sign: str = ""
    is_sign_first: bool = False
    gap: str = ""
    negative: str = "-{}"
    is_minus_inside: bool = False

    def body(self, amount):
        whole, rest = divmod(abs(amount), MONEY_SCALE)
        grouped = f"{whole:,}".replace(",", self.thousands)
        places = f"{rest:04}"[: self.places] if self.places >= 0 else f"{rest:04}".rstrip("0")
        return grouped + (self.decimal + places if places else "")

    def written(self, amount):
        inner, outer = (self.negative, "{}") if self.is_minus_inside else ("{}", self.negative)
        body = inner.format(self.body(amount)) if amount < 0 else self.body(amount)
        signed = [self.sign, body] if self.is_sign_first else [body, self.sign]
        text = self.gap.join(signed) if self.sign else body
        return outer.format(text) if amount < 0 else text


@dataclass(frozen=True)
class Days:
    """How a file writes when orders were placed."""

    kind: str
    how: str
    language: str
    decimal: str = "."

    def written(self, at):
        if self.kind == "counted":
            return self._counted(at)
        month = MONTHS[self.language][at.month - 1]
        return self.how.format(
            Y=f"{at:%Y}", y=f"{at:%y}", m=f"{at:%m}", d=f"{at:%d}", m1=at.month, d1=at.day, B=month, b=month[: CUT_SHORT[self.language]],
            o="+02:00" if at.month in range(4, 10) else "+01:00", a=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[at.weekday()],
            H=f"{at:%H}", M=f"{at:%M}", S=f"{at:%S}", I=f"{(at.hour + 11) % 12 + 1}", p="AM" if at.hour < 12 else "PM",
        )  # fmt: skip

    def _counted(self, at):
        seconds = int((at - _1970).total_seconds())
        if self.how.startswith("serial"):
            days = seconds // 86_400 + day_number(date(1970, 1, 1)) - day_number(date(1899, 12, 30))
            return str(days) if self.how == "serial" else f"{days}{self.decimal}{at.hour * 100 // 24:02}"
        return str(seconds * {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}[self.how])


@dataclass(frozen=True)
class OrderFile:
    """Orders, and the way in which they are written."""

    orders: tuple[Order, ...]
    people: str
    names: tuple[tuple[str, str], ...]
    """The columns in their order, each as `(what stands in it, what it is called)`."""
    order_style: str
    customer_style: str
    numbers: Numbers
    days: Days
    delimiter: str
    quoting: int
    line_end: str
    encoding: str
    says_delimiter: bool
    ends: bool
    has_blank_lines: bool = False
    statuses: tuple[str, str] = ("", "")

    def __repr__(self):
        return f"<{self.days.kind} {self.days.how} {self.numbers} {self.encoding} {self.content[:500]!r}>"

    @cached_property
    def content(self):
        """The file."""
        text = io.StringIO(newline="")
        if self.says_delimiter:
            text.write(f"sep={self.delimiter}{self.line_end}")
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator=self.line_end, quoting=self.quoting)
        writer.writerow([name for _, name in self.names])
        for n, order in enumerate(self.orders):
            writer.writerow([self.cell(what, n, order) for what, _ in self.names])
            text.write(self.line_end * (self.has_blank_lines and n % 4 == 0))
        mark = "\ufeff" if self.encoding == "utf-16-be" else ""
        return (mark + (text.getvalue() if self.ends else text.getvalue().removesuffix(self.line_end))).encode(self.encoding)

    def cell(self, what, n, order):
        return {
            "order_id": lambda: self.order_id(order),
            "customer_id": lambda: self.customer(order),
            "email": lambda: self.address(order),
            "ordered_at": lambda: self.days.written(order.at),
            "amount": lambda: self.numbers.written(order.amount),
            "status": lambda: self.statuses[not order.is_kept],
            "person": lambda: PEOPLE[self.people][order.customer % 5],
            "note": lambda: ("", "ok", f'x{self.delimiter}y "z"', "one" if self.line_end == "\r" else "two\nlines", "a, b; c")[n % 5],
            "phone": lambda: f"+371 2000{n:04}",
            "zip": lambda: f"{1000 + n * 37 % 9000:05}",
            "empty": lambda: "",
            "nameless": lambda: "",
            "listed": lambda: "a, b, c, d, e",
            "parted": lambda: "f; g; h; i; j; k",
            "tax": lambda: self.numbers.written(self.tax(order)),
            "quantity": lambda: str(n % 4 + 1),
            "country": lambda: ("Latvia", "DE")[n % 2],
            "currency": lambda: "EUR",
            "delivered": lambda: self.days.written(order.at + timedelta(days=3)),
        }[what]()

    def tax(self, order):
        return abs(order.amount) // 5

    def order_id(self, order):
        n = order.order + 1
        return {"plain": str(1000 + n), "hash": f"#{1000 + n}", "letters": f"AB-{n:05}X", "zeros": f"{n:08}"}[self.order_style]

    def customer(self, order):
        n = order.customer
        person = PEOPLE[self.people][n % 5] + (f" {n // 5 + 1}" if n >= 5 else "")
        return {"plain": str(501 + n), "zeros": f"{n + 1:05}", "letters": f"K{n + 1}-ab", "person": person}[self.customer_style]

    def address(self, order):
        return f"User.{order.customer}@Example.com" if order.order % 2 else f"user.{order.customer}@example.com"

    @property
    def has(self):
        """What stands in some column."""
        return {what for what, _ in self.names}

    @property
    def expected(self):
        """The orders that are to be read, as `(order id, customer, day, amount)`, each as often as it is there; no id where none is written."""
        has_ids = "order_id" in self.has
        sums = {}
        for n, order in enumerate(self.orders):
            if order.is_kept:
                customer = self.customer(order) if "customer_id" in self.has else self.address(order).lower()
                key = (self.order_id(order) if has_ids else n, customer)
                day, amount = sums.get(key, (10**6, 0))
                sums[key] = (min(day, day_number(order.at.date())), amount + order.amount)
        return Counter((order if has_ids else "", customer, *rest) for (order, customer), rest in sums.items())

    @property
    def has_open_days(self):
        """Whether no date tells which of two numbers is the day."""
        ats = [order.at for order in self.orders]
        is_short = "{y}" in self.days.how and "{d1}" not in self.days.how and self.days.kind == "dmy"
        return (
            self.has_short_years_first
            or (self.days.kind in ("dmy", "mdy") and all(at.day <= 12 for at in ats))
            or (is_short and len({at.day for at in ats}) <= 2 * len({at.year for at in ats}))
        )

    @property
    def has_short_years_first(self):
        """Whether dates begin with a year of two digits, of which hardly any program thinks."""
        return self.days.kind == "short"

    @property
    def has_open_numbers(self):
        """Whether some amount has a sign that may set thousands apart or begin decimals, and none tells which."""
        columns = [[order.amount for order in self.orders]]
        columns += [list(map(self.tax, self.orders))] if "tax" in self.has else []
        marked = [
            [body for value in values if not (body := re.sub("[^0-9.,]", "", self.numbers.body(value))).isdigit()] for values in columns
        ]
        undecided = [all(re.fullmatch(r"[1-9][0-9]{0,2}[.,][0-9]{3}", body) for body in bodies) for bodies in marked]
        return any(marked) and all(undecided)

    @property
    def has_open_grain(self):
        """Whether orders have several records, of which some have equal amounts."""
        amounts = {}
        for order in self.orders:
            if order.is_kept:
                amounts.setdefault(order.order, []).append(order.amount)
        return "order_id" in self.has and any(len(some) > len(set(some)) for some in amounts.values())

    @property
    def is_ambiguous(self):
        """Whether a careful reader would have to ask."""
        return self.has_open_days or self.has_open_numbers or self.has_open_grain


def _signs(draw, people, encoding):
    signs = [""] * 4 + [s for s in (*SIGNS.get(people, ("€", "EUR")), *SIGNS["any"]) if _fits(s, encoding)]
    return draw(st.sampled_from(signs))


def _fits(text, encoding):
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@st.composite
def numbers(draw, people="en", encoding="utf-8"):
    """A way to write amounts."""
    marks = draw(st.sampled_from([(".", ","), (",", "."), (",", " "), (",", "\u00a0"), (".", "'"), (".", ""), (",", "")]))
    sign = _signs(draw, people, encoding)
    minus = ["-{}", "({})", "{}-"] + (["\u2212{}"] if _fits("\u2212", encoding) else [])
    return Numbers(
        *marks, places=draw(st.sampled_from([2, 2, 2, 2, 0, 1, 3, 4, -1, -1])), sign=sign, is_sign_first=draw(st.booleans()),
        gap=draw(st.sampled_from([" ", "\u00a0"])) if sign.isalpha() else draw(st.sampled_from(["", " ", "\u00a0"])), negative=draw(st.sampled_from(minus)),
        is_minus_inside=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def _orders(draw, places, *, is_recent):
    """A few records, or several hundred of which the first prove nothing."""
    first = datetime(2002 if is_recent else 1996, 1, 1, tzinfo=UTC)
    step = 10 ** (4 - places if places >= 0 else draw(st.integers(0, 3)))
    small = st.integers(1, 999).map(lambda n: n * MONEY_SCALE)
    amount = st.one_of(
        st.integers(-20_000_000, 90_000_000).map(lambda n: n // step * step),
        small,
        st.integers(1, 40_000_000).map(lambda n: n // step * step),
    )
    day = draw(st.sampled_from([31, 31, 31, 12]))
    last = datetime(2025, 6, 1, tzinfo=UTC)
    times = st.datetimes(first.replace(tzinfo=None), last.replace(tzinfo=None))
    at = times.map(lambda time: time.replace(tzinfo=UTC, microsecond=0, day=min(time.day, day)))
    rows = draw(st.lists(st.tuples(st.integers(0, 6), at, amount), min_size=1, max_size=12))
    late = 210 if draw(st.integers(0, 7)) == 0 else 0
    start = datetime(2010, 1, 1, 10, tzinfo=UTC)
    before = [Order(n, n % 70, start + timedelta(days=31 * (n // 12) + n % 5), (n % 900 + 1) * 10_000) for n in range(late)]
    in_lines = draw(st.integers(0, 9)) == 0
    orders = [Order(late + (n // 2 if in_lines else n), customer, when, value) for n, (customer, when, value) in enumerate(rows)]
    if in_lines:
        orders = [Order(o.order, rows[(o.order - late) * 2][0], rows[(o.order - late) * 2][1], o.amount) for o in orders]
    return tuple(before + _none_again(orders))


def _none_again(orders):
    """The records without those that another one repeats in every column: what is written twice counts once."""
    return [order for n, order in enumerate(orders) if order not in orders[:n]]


def _headers(draw, language, roles):
    """What the columns of these roles are called, each in another way."""
    style = draw(
        st.sampled_from(
            [str, str.title, str.upper, str.capitalize, lambda name: name.replace(" ", "_"), lambda name: name.replace(" ", "-")]
        )
    )
    names = {}
    for role in roles:
        left = [name for name in NAMES[role][language] if name.casefold() not in {n.casefold() for n in names.values()}]
        left = [name for name in left if name != "price" or "quantity" not in roles]  # a price beside a quantity is that of one
        names[role] = draw(st.sampled_from(left))
    return {role: style(name) for role, name in names.items()}


_EXTRA = {
    "person": "name of person",
    "nameless": "",
    "listed": "tags",
    "parted": "options",
    "note": "remark",
    "phone": "phone",
    "zip": "zip code",
    "empty": "extra",
}


DELIVERED = {"en": "Ship date", "de": "Lieferdatum", "it": "Data consegna", "fr": "Date de livraison", "es": "Fecha de entrega",
             "pt": "Data de entrega", "lv": "Piegādes datums"}  # fmt: skip


@st.composite
def order_files(draw):
    """A well-formed order file."""
    people = draw(st.sampled_from(sorted(PEOPLE)))
    language = WRITTEN_IN.get(people, people)
    encoding = draw(
        st.sampled_from(
            ["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", CODE_PAGE.get(people, "cp1252"), CODE_PAGE.get(people, "cp1252")]
        )
    )
    written = draw(numbers(people, encoding))
    kind = draw(st.sampled_from(["iso", "iso", "short", "ymd", "dmy", "dmy", "mdy", "mdy", "named", "compact", "counted"]))
    how = draw(st.sampled_from([how for how in DATES[kind] if _fits(how, encoding)]))
    days = Days(kind, how, language, written.decimal)
    orders = draw(_orders(written.places, is_recent=kind == "counted"))
    who = draw(st.sampled_from([("customer_id",), ("customer_id",), ("email",), ("customer_id", "email")]))
    roles = [
        *who,
        "ordered_at",
        "amount",
        *(["order_id"] if draw(st.integers(0, 5)) else []),
        *(["status"] if not draw(st.integers(0, 4)) else []),
    ]
    styles = ["plain", "zeros", "letters", "person"][: 3 if "email" in roles else 4]  # names are no ids where there are addresses
    extra = draw(st.lists(st.sampled_from(sorted(_EXTRA)), unique=True, max_size=3))
    more = draw(st.lists(st.sampled_from(["tax", "quantity", "country", *([] if written.sign else ["currency"])]), unique=True, max_size=2))
    names = {**_headers(draw, language, [*roles, *more]), **{what: _EXTRA[what] for what in extra}}
    if draw(st.integers(0, 3)) == 0:
        names["delivered"] = DELIVERED[language]
    if "order_id" not in roles:
        orders = tuple(Order(n, o.customer, o.at, o.amount) for n, o in enumerate(orders))
    if "status" in roles:
        orders = tuple(Order(o.order, o.customer, o.at, o.amount, is_kept=n == 0 or o.order % 3 != 1) for n, o in enumerate(orders))
    return OrderFile(
        orders, people, tuple(draw(st.permutations(sorted(names.items())))),
        order_style=draw(st.sampled_from(["plain", "hash", "letters", "zeros"])),
        customer_style=draw(st.sampled_from(styles)),
        numbers=written, days=days,
        delimiter=draw(st.sampled_from(",;\t|")),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        line_end=draw(st.sampled_from(["\n", "\r\n", "\r\n", "\r"])),
        encoding=encoding,
        says_delimiter=draw(st.integers(0, 4)) == 0,
        ends=draw(st.integers(0, 4)) != 0,
        has_blank_lines=draw(st.integers(0, 5)) == 0,
        statuses=draw(st.sampled_from([("paid", "cancelled"), ("bezahlt", "storniert"), ("Pagato", "annullato"), ("apmaksāts", "atcelts")])) if _fits("āē", encoding) else ("paid", "cancelled"),
    )  # fmt: skip
