"""The program: a config written down by init, and numbers explained."""

import zipfile

import pytest
from exported import HEADER
from program import SHOP, clv

from clvcli.marked_yaml import marked

ORDERS = HEADER + "1,ann,2024-01-05,10\n2,bob,2024-02-06,20\n"


def numbers(ran):
    """The figures that a run of compute gives, by name."""
    return {row["name"]: row["value"] for table in ran.json["tables"] for row in table["rows"]}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return tmp_path


# Init


def same_after_init(folder, *arguments):
    """Whether compute gives the same figures after init as with the options typed."""
    typed = clv("compute", *arguments, "-f", "json", here=folder)
    clv("init", *arguments, here=folder)
    return numbers(typed) == numbers(clv("compute", "-f", "json", here=folder))


def test_init_keeps_the_end_of_observation(folder):
    assert same_after_init(folder, "orders.csv", "--as-of", "2024-01-20")


def test_init_keeps_the_choice_among_the_members_of_an_archive(folder):
    with zipfile.ZipFile(folder / "orders.zip", "w") as archive:
        archive.writestr("a.csv", ORDERS)
        archive.writestr("b.csv", "x,y\n1,2\n")
    assert same_after_init(folder, "orders.zip")


def test_init_leaves_files_of_several_platforms_to_themselves(folder):
    header = "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,Refunded Amount\n"
    (folder / "shop.csv").write_text(header + "#7,ann@x.de,paid,,EUR,10,1,2,13.10,2024-01-07 10:00:00 +0100,1,x,0.00\n", encoding="utf-8")
    assert same_after_init(folder, "shop.csv", "orders.csv", "--anonymous", "bob")


def test_init_of_standard_input_is_a_config(folder):
    clv("init", "-", stdin=ORDERS.encode(), here=folder)
    assert clv("compute", stdin=ORDERS.encode(), here=folder).code == 0


def test_what_init_writes_gives_the_same_numbers(folder):
    (folder / "orders.csv").write_text(
        ORDERS.replace(",", ";").replace("10", "1.000,5").replace("2024-01-05", "05/01/2024").replace("2024-02-06", "06/02/2024")
    )
    reading = (
        "--decimal",
        ",",
        "--date-format",
        "%d/%m/%Y",
        "--where",
        "amount > 1",
        "-m",
        "customer_id=customer_id",
        "--tz",
        "Europe/Rome",
    )
    before = clv("compute", "orders.csv", *reading, "-f", "json", here=folder)
    assert clv("init", "orders.csv", *reading, here=folder).code == 0
    assert numbers(clv("compute", "-f", "json", here=folder)) == numbers(before)


@pytest.mark.parametrize(
    "said",
    [
        ("--status", "zurp=cancelled", "--status", "it's: here=keep"),
        ("--status", "zurp=keep", "--status", "it's: here=keep", "--anonymous", "bob", "--anonymous", "0"),
        (
            "--status",
            "zurp=keep",
            "--status",
            "it's: here=keep",
            "--tax",
            "exclude",
            "--no-count-free",
            "--max-rejects",
            "0.5",
            "--minor-units",
        ),
    ],
    ids=["statuses", "anonymous", "policies"],
)
def test_what_was_said_of_an_export_is_written_down(tmp_path, said):
    rows = "1,ann,2024-01-05,10,zurp,1\n2,bob,2024-02-06,20,it's: here,2\n3,bob,2024-03-06,0,paid,0\n"
    (tmp_path / "orders.csv").write_text(HEADER.replace("amount", "amount,status,tax") + rows, encoding="utf-8")
    before = clv("compute", "orders.csv", *said, "-f", "json", here=tmp_path)
    assert before.code == 0
    assert clv("init", "orders.csv", *said, here=tmp_path).code == 0
    assert numbers(clv("compute", "-f", "json", here=tmp_path)) == numbers(before)


def test_the_users_own_presets_are_written_down(tmp_path):
    (tmp_path / "own").mkdir()
    preset = "title: Till\nmatch: {require: [bon, gast]}\ncolumns: {order_id: Bon, customer_id: Gast, ordered_at: Zeit, amount: Summe}\n"
    (tmp_path / "own" / "till.yaml").write_text(preset + "guests: [7]\n", encoding="utf-8")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "settings.yaml").write_text("presets: ../own\n", encoding="utf-8")
    (tmp_path / "bons.csv").write_text("Bon,Gast,Zeit,Summe\n1,ann,2024-01-05,10\n2,7,2024-01-06,10\n", encoding="utf-8")
    assert clv("init", "bons.csv", "--config", "shop/settings.yaml", "-o", "new.yaml", here=tmp_path).code == 0
    assert numbers(clv("compute", "--config", "new.yaml", "-f", "json", here=tmp_path))["orders"] == 1


@pytest.mark.parametrize("name", ["orders.csv", "a b.csv", "no: [x].csv", "*.csv", "ā'\".csv"])
def test_what_init_writes_is_yaml_whatever_the_names_are(tmp_path, name):
    columns = "yes,null,#date,'am: ount'\n"
    (tmp_path / name).write_text(columns + "1,ann,2024-01-05,10\n", encoding="utf-8")
    maps = [
        f"--map={role}={column}"
        for role, column in zip(("order_id", "customer_id", "ordered_at", "amount"), columns.strip().split(","), strict=True)
    ]
    assert clv("init", name, *maps, here=tmp_path).code == 0
    written = marked((tmp_path / "clv.yaml").read_text(encoding="utf-8"), "clv.yaml").data
    assert list(written["columns"].values()) == ["null", "yes", "#date", "'am: ount'"]
    assert clv("compute", here=tmp_path).code == 0


def test_init_says_what_it_wrote_and_for_what(folder):
    assert clv("init", "orders.csv", here=folder).text == "clv.yaml written for 2 records = 2 used\n"


def test_init_writes_to_standard_output_for_a_hyphen(folder):
    ran = clv("init", "orders.csv", "-o", "-", here=folder)
    assert marked(ran.text, "-").data["orders"] == ["orders.csv"]
    assert [path.name for path in folder.iterdir()] == ["orders.csv"]


def test_init_writes_over_nothing_unless_it_is_told_to(folder):
    (folder / "clv.yaml").write_text("# mine\n", encoding="utf-8")
    ran = clv("init", "orders.csv", here=folder)
    assert (ran.code, ran.err) == (5, "error: clv.yaml: is there already\nhint: add --force to write over it\n")
    assert (folder / "clv.yaml").read_text(encoding="utf-8") == "# mine\n"
    assert clv("init", "orders.csv", "--force", here=folder).code == 0
    assert "orders.csv" in (folder / "clv.yaml").read_text(encoding="utf-8")


# Explain


def test_explain_is_a_calculator():
    ran = clv("explain", "clv_simple", "--set", "aov=90", "--set", "purchase_frequency=4", "--set", "lifespan_years=2", "-f", "json")
    assert {row["name"]: row["value"] for row in ran.json["tables"][1]["rows"]}["clv_simple"] == 720.0


@pytest.mark.parametrize(("written", "value"), [("0.5", 0.5), ("50%", 0.5), ("-1", -1.0), ("1e3", 1000.0)])
def test_a_number_may_be_written_as_a_share(written, value):
    ran = clv("explain", "margin", "--set", f"margin={written}", "-f", "json")
    assert ran.json["tables"][1]["rows"] == [{"name": "margin", "value": value, "unit": "share", "how": ""}]


@pytest.mark.parametrize("written", ["nan", "inf", "-inf", "1e400", "x", "", "nan%"])
def test_what_is_no_number_is_refused_by_the_calculator(written):
    ran = clv("explain", "aov", "--set", f"revenue={written}", "--set", "orders=1")
    assert (ran.code, ran.out) == (2, b"")
    assert f"--set revenue={written}: '{written}' is no number" in ran.err


def test_explain_puts_the_shops_figures_in():
    assert "revenue / orders = 339268 / 8804" in clv("explain", "aov", SHOP).text


def test_explain_says_why_there_is_no_number():
    assert "divides by zero: orders is 0" in clv("explain", "aov", "--set", "revenue=100", "--set", "orders=0").text
