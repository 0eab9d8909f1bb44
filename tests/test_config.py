"""Config: what is settled, where it is found, and what is said of each mistake in it."""

from datetime import date
from pathlib import Path

import pytest

from clvcli.config import NAME, VARIABLE, Config, found, load
from clvcli.errors import ConfigError, UsageError


def loaded(folder, text, **options):
    (folder / NAME).write_text(text, encoding="utf-8")
    return load(folder / NAME, options)


# Values


def test_every_key_has_a_default(tmp_path):
    assert loaded(tmp_path, "").config == loaded(tmp_path, "# nothing\n").config == load(None, {}).config == Config()


def test_the_example_holds_every_key_with_its_default():
    path = Path(__file__).parents[1] / "config.example.yaml"
    assert load(path, {}).config == Config()
    assert set(load(path, {}).document.data) == set(Config.model_fields)


def test_values_are_as_written(tmp_path):
    config = loaded(
        tmp_path,
        """
orders: [a.csv, exports/*.csv]
columns: {customer_id: Kunde, amount: qty * price}
as_of: 2025-12-31
margin: 0.35
cac: {by: channel, rates: {web: 12.5, NO: 3, 2024: 1}, otherwise: 0}
lifespan: 3
churn: {window_days: 90}
currency: NO
header: false
show: clv_simple
""",
    ).config
    assert (config.orders, config.columns["amount"]) == (("a.csv", "exports/*.csv"), "qty * price")
    assert config.cac.rates == {"web": 12.5, "NO": 3.0, "2024": 1.0}
    assert (config.as_of, config.margin, config.lifespan, config.churn.window_days) == (date(2025, 12, 31), 0.35, 3.0, 90)
    assert (config.currency, config.header, config.show) == ("NO", False, ("clv_simple",))


@pytest.mark.parametrize(
    ("written", "lifespan"), [("3", 3.0), ("'3'", 3.0), ("2.5", 2.5), ("churn", "churn"), ("tenure", "tenure"), ("survival", "survival")]
)
def test_a_lifespan_is_years_or_a_rule(tmp_path, written, lifespan):
    assert loaded(tmp_path, f"lifespan: {written}").config.lifespan == lifespan


def test_orders_are_relative_to_the_config(tmp_path):
    assert loaded(tmp_path, "orders: [shop.csv, '-', /exports/a.csv]").orders == (f"{tmp_path}/shop.csv", "-", "/exports/a.csv")


def test_a_formula_of_the_user_is_shown_after_those_of_clv(tmp_path):
    catalog = loaded(tmp_path, "formulas: {twice: {text: aov * 2, unit: money}}").catalog
    assert catalog.shown[-1] == "twice"
    assert catalog.work_out({"revenue": 30.0, "orders": 2.0})["twice"] == 30.0


# Options


def test_an_option_goes_over_the_file(tmp_path):
    config = loaded(tmp_path, "margin: 0.2\ncac: 5\n", margin=0.5).config
    assert (config.margin, config.cac) == (0.5, 5.0)


def test_an_option_for_one_role_leaves_the_other_roles_as_they_are(tmp_path):
    text = "columns: {customer_id: Kunde, amount: Brutto}"
    assert loaded(tmp_path, text, columns={"amount": "Netto"}).config.columns == {"customer_id": "Kunde", "amount": "Netto"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"margin": 35.0}, "--margin: '35.0' should be less than or equal to 1\nhint: a share is written as a fraction: 0.35"),
        ({"period": "yaer"}, "--period: 'yaer' should be 'auto', 'year', 'quarter' or 'month'\nhint: did you mean 'year'?"),
        ({"max_rejects": -1.0}, "--max-rejects: '-1.0' should be greater than or equal to 0"),
        ({"churn": {"window_days": 0}}, "--churn-window: '0' should be greater than or equal to 1"),
        ({"cac": float("nan")}, "--cac: 'nan' should be"),
    ],
)
def test_a_wrong_option_is_told_by_its_name(options, said):
    with pytest.raises(UsageError) as told:
        load(None, options)
    assert str(told.value).startswith(said)


def test_a_role_of_the_file_is_not_blamed_on_the_option_for_another(tmp_path):
    with pytest.raises(ConfigError, match=r"clv\.yaml:1:19: columns\.amount: '4' should be a valid string"):
        loaded(tmp_path, "columns: {amount: 4}", columns={"customer_id": "Kunde"})


def test_a_formula_named_by_an_option_is_told_by_its_name():
    with pytest.raises(ConfigError, match=r"^--formula: unknown formula 'clv_smple'\nhint: did you mean 'clv_simple'"):
        assert load(None, {"show": ["clv_smple"]}).catalog


@pytest.mark.parametrize("day", ["2024-02-30", "20240201", "1735603200", "31.12.2025", "today", "2025-12-31T10:00:00", ""])
def test_what_is_no_date_is_no_end_of_observation(day):
    with pytest.raises(UsageError, match="--as-of"):
        load(None, {"as_of": day})


# Files that can't be read


@pytest.mark.parametrize("key", sorted({*Config.model_fields} - {"columns", "statuses", "segments"}))
def test_a_key_that_nobody_knows_is_told_wherever_it_stands(tmp_path, key):
    with pytest.raises(ConfigError):
        loaded(tmp_path, f"{key}: {{titel: x}}\n")


def test_a_key_of_the_report_that_is_misspelled_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"clv.yaml:1:10: unknown key 'report.titel'[\s\S]*did you mean 'title'"):
        loaded(tmp_path, "report: {titel: x}\n")


def test_a_config_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"clv\.yaml: can't be read: No such file or directory\nhint: clv init writes a config"):
        load(tmp_path / NAME, {})


def test_a_folder_is_no_config(tmp_path):
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        load(tmp_path, {})


def test_a_config_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / NAME).write_bytes(b"tz: K\xf6ln")
    with pytest.raises(ConfigError, match="not UTF-8: byte 5"):
        load(tmp_path / NAME, {})


# Which config


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A folder three deep that is no repository, with the current folder at its bottom and a home elsewhere."""
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path / "a" / "b" / "c")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)
    return tmp_path


def config_in(folder):
    (folder / NAME).write_text("", encoding="utf-8")
    return folder / NAME


def same(path, expected):
    return path is not None and path.resolve() == expected.resolve()


def test_no_config_is_fine(house):
    assert found(None) is None


def test_the_one_that_is_given_goes_before_all(house, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(config_in(house)))
    config_in(house / "a" / "b" / "c")
    assert found(Path("given.yaml")) == Path("given.yaml")


def test_the_one_of_the_environment_goes_before_those_that_are_near(house, monkeypatch):
    config_in(house / "a" / "b" / "c")
    monkeypatch.setenv(VARIABLE, "named.yaml")
    assert found(None) == Path("named.yaml")


def test_an_empty_variable_names_nothing(house, monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    assert found(None) is None


def test_the_nearest_upward_is_used(house):
    config_in(house / "a")
    nearest = config_in(house / "a" / "b")
    assert same(found(None), nearest)


def test_the_one_upward_goes_before_the_one_beside_the_orders(house):
    upward = config_in(house / "a")
    config_in(house / "shop")
    assert same(found(None, (str(house / "shop" / "orders.csv"),)), upward)


def test_the_one_beside_the_orders_is_used_if_there_is_none_upward(house):
    beside = config_in(house / "shop")
    assert same(found(None, (str(house / "shop" / "orders.csv"),)), beside)


def test_the_one_in_a_folder_of_orders_is_beside_them(house):
    beside = config_in(house / "shop")
    assert same(found(None, (str(house / "shop"),)), beside)


def test_standard_input_has_no_folder(house):
    config_in(house / "shop")
    assert found(None, ("-", str(house / "shop" / "orders.csv"))) is None


def test_looking_upward_stops_at_the_top_of_a_repository(house):
    config_in(house / "a")
    (house / "a" / "b" / ".git").mkdir()
    assert found(None) is None


def test_the_top_of_a_repository_may_hold_it(house):
    (house / "a" / "b" / ".git").write_text("gitdir: elsewhere", encoding="utf-8")
    top = config_in(house / "a" / "b")
    assert same(found(None), top)


def test_looking_upward_stops_at_home(house, monkeypatch):
    config_in(house / "a")
    monkeypatch.setenv("HOME", str(house / "a" / "b"))
    assert found(None) is None


def test_a_folder_of_that_name_is_no_config(house):
    (house / "a" / "b" / NAME).mkdir()
    above = config_in(house / "a")
    assert same(found(None), above)
