"""Spending: reports on advertising in any dialect to channels, spans of days and exact amounts; every record accounted for."""

import gzip
import io
import zipfile
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
import xlsxwriter
from exported import written

from clvcli.errors import InputError, UsageError
from clvcli.exports.dialect import Given
from clvcli.exports.spelling import Spelling
from clvcli.exports.spend_wording import setting, told_of_spend
from clvcli.exports.spending import read_spend
from clvcli.periods import date_of
from clvcli.tables import MONEY_SCALE

HEAD = "date,channel,amount\n"


def spend(folder, *contents, columns=None, names=("ads.csv", "more.csv"), **rest):
    """What clv reads from files of these contents."""
    made = [written(folder, content, name) for content, name in zip(contents, names, strict=False)]
    keys = {key: rest.pop(key) for key in ("date_format", "decimal") if key in rest}
    return read_spend(made, columns or {}, Spelling(**keys), **rest)


def rows(found):
    """The rows as `(first day, last day, channel, amount)`, in dates and currency units."""
    return [(str(date_of(first)), str(date_of(last)), channel, amount / MONEY_SCALE) for first, last, channel, amount in found.frame.rows()]


def months(found):
    """The rows as `(month, channel, amount)`; those that aren't a whole month as they are."""
    return [(r[0][:7], *r[2:]) if r[0].endswith("-01") and _is_month_end(r[1]) and r[0][:7] == r[1][:7] else r for r in rows(found)]


def _is_month_end(day):
    return date.fromordinal(date.fromisoformat(day).toordinal() + 1).day == 1


def refusal(folder, *contents, error=InputError, **rest):
    """What the error says when files of these contents are refused; places are relative to `folder`."""
    with pytest.raises(error) as told:
        spend(folder, *contents, **rest)
    return str(told.value).replace(f"{folder}/", "")


def notes(folder, *contents, **rest):
    """What is said of the files, places relative to `folder`."""
    return [note.replace(f"{folder}/", "") for note in spend(folder, *contents, **rest).notes]


def line_of(folder, found):
    """The one line about all files."""
    return str(found).replace(f"{folder}/", "")


# Dialects

BY_MONTH = [("2025-01", "google", 1234.56), ("2025-02", "meta", 20.0)]


@pytest.mark.parametrize(
    "content",
    [
        "month,channel,amount\n2025-01,google,1234.56\n2025-02,meta,20\n",
        "month,channel,amount\n2025-1,google,1234.56\n2025-2,meta,20\n",
        'Month\tChannel\tAd spend\n01/2025\tgoogle\t"1,234.56"\n02/2025\tmeta\t20.00\n',
        'Month,Source,Cost\nJan 2025,google,"$1,234.56"\nFeb 2025,meta,$20.00\n',
        'Month,Marketing Channel,Spend\nJan-25,google,"1,234.56"\nFeb-25,meta,20.00\n',
        "month|platform|spend\n202501|google|1234.56\n202502|meta|20.00\n",
        "Mese;Canale;Spesa\ngennaio 2025;google;1.234,56 €\nfebbraio 2025;meta;20,00 €\n",
        "Monat;Kanal;Kosten\nJanuar 2025;google;1.234,56\nFebruar 2025;meta;20,00\n",
        "Mois;Canal;Dépenses\njanvier 2025;google;1 234,56\nfévrier 2025;meta;20,00\n",
        "Mes;Canal;Gasto\nenero de 2025;google;1.234,56\nfebrero de 2025;meta;20,00\n",
        "Mês;Canal;Custo\njaneiro 2025;google;1.234,56\nfevereiro 2025;meta;20,00\n",
        "Mēnesis;Kanāls;Izmaksas\n2025. gada janvāris;google;1 234,56\n2025. gada februāris;meta;20,00\n",
        "Mēnesis;Kanāls;Tēriņi\njanvāris 2025;google;1 234,56\nfebruāris 2025;meta;20,00\n".encode("cp1257"),
        "Monat;Kanal;Ausgaben für März\nMärz;;\n".encode("cp1252").replace(b" f\xfcr M\xe4rz", b"").replace(b"M\xe4rz;;\n", b"")
        + "01.2025;google;1.234,56\n02.2025;meta;20,00\n".encode("cp1252"),
        "month,channel,amount\n2025-01,google,1234.56\n2025-02,meta,20\n".encode("utf-8-sig"),
        "month,channel,amount\n2025-01,google,1234.56\n2025-02,meta,20\n".encode("utf-16"),
        "sep=;\nmonth;channel;amount\n2025-01;google;1234,56\n2025-02;meta;20,00\n",
        "Year,Month,Channel,Spend\n2025,January,google,1234.56\n2025,February,meta,20.00\n",
        "Jahr;Monat;Kanal;Kosten\n2025;1;google;1234,56\n2025;2;meta;20,00\n",
        "start,end,channel,amount\n2025-01-01,2025-01-31,google,1234.56\n2025-02-01,2025-02-28,meta,20\n",
        "from,to,channel,amount\n01/01/2025,31/01/2025,google,1234.56\n01/02/2025,28/02/2025,meta,20\n",
        "period,channel,amount\n2025-01-01 - 2025-01-31,google,1234.56\n2025-02-01 - 2025-02-28,meta,20\n",
        "period,channel,amount\n2025-01-01/2025-01-31,google,1234.56\n2025-02-01/2025-02-28,meta,20\n",
        "Zeitraum;Kanal;Kosten\n01.01.2025–31.01.2025;google;1234,56\n01.02.2025 bis 28.02.2025;meta;20,00\n",
        "month,channel,amount\n2025-01-31,google,1234.56\n2025-02-28,meta,20\n",
    ],
    ids=lambda content: repr(content)[:40],
)
def test_a_month_is_read_however_it_is_written(tmp_path, content):
    assert months(spend(tmp_path, content)) == BY_MONTH


@pytest.mark.parametrize(
    ("text", "day"),
    [("2025-12-31", "2025-12-31"), ("31/12/2025", "2025-12-31"), ("12/31/2025", "2025-12-31"), ("31.12.2025", "2025-12-31"),
     ("20251231", "2025-12-31"), ("Dec 31, 2025", "2025-12-31"), ("31 dicembre 2025", "2025-12-31"), ("2025-12-31 00:00:00", "2025-12-31"),
     ("46022", "2025-12-31")],
)  # fmt: skip
def test_a_day_is_read_as_in_orders(tmp_path, text, day):
    assert rows(spend(tmp_path, f'date,channel,amount\n"{text}",google,10\n')) == [(day, day, "google", 10.0)]


def test_a_week_begins_on_the_day_that_is_written(tmp_path):
    found = spend(tmp_path, "Week,Channel,Cost\n2025-01-27,google,10\n2025-02-03,google,11\n")
    assert rows(found) == [("2025-01-27", "2025-02-02", "google", 10.0), ("2025-02-03", "2025-02-09", "google", 11.0)]


def test_a_month_counts_before_a_week_that_two_months_share(tmp_path):
    found = spend(tmp_path, "Week,Month,Channel,Cost\n2025-01-27,2025-01-01,google,10\n2025-01-27,2025-02-01,google,11\n")
    assert months(found) == [("2025-01", "google", 10.0), ("2025-02", "google", 11.0)]


def test_a_workbook_is_read(tmp_path):
    path = tmp_path / "ads.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Spend")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for n, row in enumerate([("Data", "Canale", "Costo"), (date(2025, 1, 3), "google", 10.5), (date(2025, 1, 4), "meta", 20)]):
            for at, cell in enumerate(row):
                sheet.write(n, at, cell, day) if isinstance(cell, date) else sheet.write(n, at, cell)
        sheet.write_row(3, 0, ["Totale", "", 30.5])
    found = read_spend([str(path)], {}, Spelling())
    assert rows(found) == [("2025-01-03", "2025-01-03", "google", 10.5), ("2025-01-04", "2025-01-04", "meta", 20.0)]
    assert line_of(tmp_path, found) == "ads.xlsx: 3 records = 2 used + 1 excluded (1 a line that sums up the others); 30.50 spent"


@pytest.mark.parametrize("dtype", [pl.Decimal(12, 2), pl.Float64])
def test_a_typed_file_is_read(tmp_path, dtype):
    frame = pl.DataFrame(
        {
            "day": [date(2025, 1, 3), date(2025, 1, 4), None],
            "channel": ["google", "meta", "x"],
            "spend": [Decimal("10.50"), Decimal(20), Decimal(5)],
        }
    ).with_columns(pl.col("spend").cast(dtype))
    frame.write_parquet(tmp_path / "ads.parquet")
    found = read_spend([str(tmp_path / "ads.parquet")], {}, Spelling(), max_rejects=1)
    assert rows(found) == [("2025-01-03", "2025-01-03", "google", 10.5), ("2025-01-04", "2025-01-04", "meta", 20.0)]
    assert found.rejects.select("line", "column", "reason").rows() == [(3, "day", "no date")]


def test_months_of_a_typed_file_are_read(tmp_path):
    pl.DataFrame({"month": [202501, 202502], "channel": ["google", "meta"], "spend": [1234.56, 20.0]}).write_parquet(tmp_path / "a.parquet")
    assert months(read_spend([str(tmp_path / "a.parquet")], {}, Spelling())) == BY_MONTH


def test_a_typed_file_that_is_damaged_is_refused(tmp_path):
    path = tmp_path / "ads.parquet"
    days = [date(2025, 1, 1 + n % 28) for n in range(5_000)]
    pl.DataFrame({"day": days, "channel": [f"c{n}" for n in range(5_000)], "spend": [n / 7 for n in range(5_000)]}).write_parquet(path)
    content = bytearray(path.read_bytes())
    content[200 : len(content) // 2] = bytes(len(content) // 2 - 200)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"ads.parquet: can't be read: "):
        read_spend([str(path)], {}, Spelling())


def test_packed_files_are_read(tmp_path):
    plain = "month,channel,amount\n2025-01,google,1234.56\n2025-02,meta,20\n"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("readme.csv", "name,text\na,b\n")
        packed.writestr("ads.csv", plain)
    assert months(spend(tmp_path, archive.getvalue(), names=["ads.zip"])) == BY_MONTH
    assert months(spend(tmp_path, gzip.compress(plain.encode()), names=["ads.csv.gz"])) == BY_MONTH


def test_an_archive_of_several_kinds_of_spend_must_be_told_apart(tmp_path):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.csv", "date,cost\n2025-01-03,1\n")
        packed.writestr("b.csv", "day,spend\n2025-01-03,1\n")
    assert refusal(tmp_path, archive.getvalue(), names=["ads.zip"]) == (
        "ads.zip: the archive has several members: a.csv, b.csv\nhint: in clv.yaml: spend: {member: 'a.csv'}"
    )
    assert rows(spend(tmp_path, archive.getvalue(), names=["ads.zip"], given=Given(member="b.csv"))) == [
        ("2025-01-03", "2025-01-03", None, 1.0)
    ]


def test_in_a_folder_only_what_is_about_spend_is_read(tmp_path):
    folder = tmp_path / "ads"
    folder.mkdir()
    written(folder, HEAD + "2025-01-03,google,10\n", "a.csv")
    written(folder, "name,text\na,b\n", "b.csv")
    found = read_spend([str(folder)], {}, Spelling())
    assert rows(found) == [("2025-01-03", "2025-01-03", "google", 10.0)]
    assert [note.replace(f"{folder}/", "") for note in found.notes] == ["b.csv: nothing about spend"]


def test_a_folder_without_spend_is_refused(tmp_path):
    written(tmp_path, "name,text\na,b\n", "b.csv")
    with pytest.raises(InputError, match=r"no column for date .*; amount \(what was spent\)"):
        read_spend([str(tmp_path)], {}, Spelling())


def test_reports_of_two_platforms_are_read_together(tmp_path):
    found = spend(
        tmp_path,
        "Day,Network,Cost,Currency code\n2025-01-03,google,5,EUR\n",
        "Reporting starts,Reporting ends,Platform,Amount spent (EUR)\n2025-01-01,2025-01-31,facebook,6\n",
        currency="EUR",
    )
    assert rows(found) == [("2025-01-01", "2025-01-31", "facebook", 6.0), ("2025-01-03", "2025-01-03", "google", 5.0)]
    assert line_of(tmp_path, found) == "ads.csv, more.csv: 2 records = 2 used; 11.00 spent"


def test_what_was_repaired_is_told(tmp_path):
    found = spend(tmp_path, "Report\n\ndate,channel,amount\n2025-01-03,google,10\n")
    assert found.repairs == ("header on line 3, 2 before it skipped",)


# What the columns are


def test_a_report_of_meta_with_its_sum_on_top(tmp_path):
    found = spend(
        tmp_path,
        "Reporting starts,Reporting ends,Campaign name,Campaign delivery,Amount spent (EUR),Impressions\n"
        '2025-01-01,2025-01-31,,,"1,030.50",100\n2025-01-01,2025-01-31,Brand,active,"1,010.50",60\n2025-01-01,2025-01-31,Shoes,active,20.00,40\n',
    )
    assert months(found) == [("2025-01", "Brand", 1010.5), ("2025-01", "Shoes", 20.0)]
    assert found.currency == "EUR"
    assert found.ledger.of("excluded") == 1
    assert found.notes[0].endswith("ads.csv: each [Campaign name] counts as a channel, since no other column says which it was")


@pytest.mark.parametrize(
    "header",
    ["Inizio dei report;Fine dei report;Nome della campagna;Importo speso (EUR)", "Berichtsstart;Berichtsende;Kampagnenname;Ausgegebener Betrag (EUR)",
     "Début des rapports;Fin des rapports;Nom de la campagne;Montant dépensé (EUR)", "Inicio del informe;Fin del informe;Nombre de la campaña;Importe gastado (EUR)",
     "Início dos relatórios;Encerramento dos relatórios;Nome da campanha;Valor usado (EUR)", "Pārskata sākums;Pārskata beigas;Kampaņas nosaukums;Iztērētā summa (EUR)"],
)  # fmt: skip
def test_a_report_of_meta_in_other_languages(tmp_path, header):
    found = spend(tmp_path, f"{header}\n2025-01-01;2025-01-31;Brand;10,50\n")
    assert (months(found), found.currency) == ([("2025-01", "Brand", 10.5)], "EUR")


def test_a_report_of_google_with_its_name_above_and_its_sums_below(tmp_path):
    found = spend(
        tmp_path,
        'Campaign report\n"January 1, 2025 - January 31, 2025"\nDay,Campaign,Currency code,Cost,Clicks\n2025-01-03,Brand,EUR,"1,010.50",5\n'
        '2025-01-04,Brand,EUR,20.00,6\n --,Total: Campaigns, --,"1,030.50",11\n --,Total: Account, --,"1,040.50",12\n',
        currency="EUR",
    )
    assert rows(found) == [("2025-01-03", "2025-01-03", "Brand", 1010.5), ("2025-01-04", "2025-01-04", "Brand", 20.0)]
    assert line_of(tmp_path, found) == "ads.csv: 4 records = 2 used + 2 excluded (2 a line that sums up the others); 1,030.50 spent"
    assert len(found.notes) == 1


@pytest.mark.parametrize("header", ["Giorno;Campagna;Costo", "Tag;Kampagne;Kosten", "Jour;Campagne;Coût", "Día;Campaña;Coste", "Dia;Campanha;Custo", "Diena;Kampaņa;Izmaksas"])  # fmt: skip
def test_a_report_of_google_in_other_languages(tmp_path, header):
    assert rows(spend(tmp_path, f"{header}\n31.01.2025;Brand;10,50\n")) == [("2025-01-31", "2025-01-31", "Brand", 10.5)]


@pytest.mark.parametrize(
    ("header", "taken", "others"),
    [
        ("Channel,Source,Platform,Campaign", "Channel", "[Source] or [Platform] or [Campaign]"),
        ("Campaign,Network,UTM Source", "UTM Source", "[Network] or [Campaign]"),
        ("Campaign,Publisher platform", "Publisher platform", "[Campaign]"),
    ],
)
def test_the_channel_is_the_column_that_says_it_most_plainly(tmp_path, header, taken, others):
    names = header.split(",")
    content = f"Date,{header},Cost\n2025-01-03,{','.join(f'in {name}' for name in names)},10\n"
    found = spend(tmp_path, content)
    assert found.frame["channel"].to_list() == [f"in {taken}"]
    first = setting(columns={"channel": others.split("]")[0][1:]})
    assert notes(tmp_path, content) == [f"ads.csv: the channel is [{taken}], not {others}; {first} decides otherwise"]


def test_an_empty_column_is_no_channel(tmp_path):
    assert spend(tmp_path, "Date,Channel,Campaign,Cost\n2025-01-03,,Brand,10\n").frame["channel"].to_list() == ["Brand"]


def test_a_file_without_channels_has_none(tmp_path):
    content = "Date,Cost\n2025-01-03,10\n"
    assert rows(spend(tmp_path, content)) == [("2025-01-03", "2025-01-03", None, 10.0)]
    assert notes(tmp_path, content) == ["ads.csv: no column says the channel; where one does, spend: {columns: {channel: COLUMN}} names it"]


def test_columns_are_what_they_are_mapped_to(tmp_path):
    content = "when,where,what,how much\n2025-01-03,google,x,10\n"
    mapped = {"date": "when", "channel": "WHERE", "amount": "how much"}
    assert rows(spend(tmp_path, content, columns=mapped)) == [("2025-01-03", "2025-01-03", "google", 10.0)]
    assert notes(tmp_path, content, columns=mapped) == []


def test_a_mapped_time_counts_before_any_other(tmp_path):
    content = "Date,Booked,From,To,Channel,Cost\n2025-01-03,2025-02-01,2025-03-01,2025-03-31,google,10\n"
    assert months(spend(tmp_path, content, columns={"month": "booked"})) == [("2025-02", "google", 10.0)]
    assert months(spend(tmp_path, content, columns={"start": "From"})) == [("2025-03", "google", 10.0)]
    assert months(spend(tmp_path, content, columns={"end": "To"})) == [("2025-03", "google", 10.0)]


def test_a_role_mapped_to_nothing_has_no_column(tmp_path):
    found = spend(tmp_path, HEAD + "2025-01-03,google,10\n2025-01-04,meta,10\n", columns={"channel": ""})
    assert (found.frame["channel"].to_list(), found.notes) == ([None, None], ())


def test_a_mapping_is_of_the_files_that_have_the_column(tmp_path):
    found = spend(
        tmp_path,
        "Date,Channel,Booked,Cost\n2025-01-03,google,7,10\n",
        "Date,Channel,Spend\n2025-01-03,meta,5\n",
        columns={"amount": "Booked"},
    )
    assert found.frame["amount"].to_list() == [70_000, 50_000]


@pytest.mark.parametrize(("name", "scale"), [("cost_micros", 1_000_000), ("spend cents", 100)])
def test_small_units_are_those_of_the_header(tmp_path, name, scale):
    found = spend(tmp_path, f"date,channel,{name}\n2025-01-03,google,{25 * scale // 2}\n")
    assert found.frame["amount"].to_list() == [125_000]


def test_an_amount_that_another_column_could_be_is_told(tmp_path):
    content = "date,channel,cost,spend\n2025-01-03,google,10,20\n"
    assert spend(tmp_path, content).frame["amount"].to_list() == [200_000]
    assert notes(tmp_path, content) == ["ads.csv: the amount is [spend], not [cost]; spend: {columns: {amount: cost}} decides otherwise"]


def test_two_amounts_that_agree_are_one(tmp_path):
    content = "date,channel,cost,cost\n2025-01-03,google,10,10\n"
    assert (spend(tmp_path, content).frame["amount"].to_list(), notes(tmp_path, content)) == ([100_000], [])


def test_a_beginning_without_an_end_is_a_day(tmp_path):
    found = spend(tmp_path, "Start Date (in UTC),Channel,Total Spent\n1/3/2025,linkedin,10\n1/14/2025,linkedin,11\n")
    assert rows(found) == [("2025-01-03", "2025-01-03", "linkedin", 10.0), ("2025-01-14", "2025-01-14", "linkedin", 11.0)]


# Months that are written as days


def test_first_days_of_months_are_months(tmp_path):
    content = HEAD + "2025-01-01,google,10\n2025-01-01,meta,11\n2025-02-01,google,12\n"
    assert months(spend(tmp_path, content)) == [("2025-01", "google", 10.0), ("2025-01", "meta", 11.0), ("2025-02", "google", 12.0)]
    assert notes(tmp_path, content) == ["ads.csv: every date is the first of a month, so each record covers its month"]


@pytest.mark.parametrize(
    "records",
    ["2025-01-01,google,10\n2025-01-01,meta,12\n", "2025-01-01,google,10\n2025-02-02,google,12\n", "2025-01-01,google,10\n2025-02-01,google,12\n2025-02-01,google,11\n"],
    ids=["one month", "another day", "twice in a month"],
)  # fmt: skip
def test_first_days_that_need_not_be_months_are_days(tmp_path, records):
    found = spend(tmp_path, HEAD + records)
    assert all(first == last for first, last, _, _ in rows(found))
    assert not any("covers its month" in note for note in found.notes)


# Totals and notes of programs


@pytest.mark.parametrize(
    "total", ["Total,,30", ",Totale,30", "Gesamt:,,30", ",Summe,30", "2025-01-04,,", ",,30", "Kopā,,30", "--,Total: Account,30"]
)
def test_a_total_is_not_counted_again(tmp_path, total):
    found = spend(tmp_path, HEAD + f"2025-01-03,google,10\n2025-01-04,meta,20\n{total}\n", max_rejects=1)
    assert found.spent == 300_000
    assert found.ledger.of("used") == 2


def test_totals_of_months_are_not_counted_again(tmp_path):
    content = (
        "month,channel,amount\n2025-01,google,10\n2025-01,meta,5\n2025-01,Total,15\n2025-02,google,3\n2025-02,Total,4\n2025-03,Total,9\n"
    )
    found = spend(tmp_path, content)
    assert months(found) == [("2025-01", "google", 10.0), ("2025-01", "meta", 5.0), ("2025-02", "google", 3.0), ("2025-03", "Total", 9.0)]
    assert notes(tmp_path, content) == ["ads.csv:6 is called a total of 4.00, but what it sums up comes to 3.00"]


def test_a_total_of_a_channel_is_of_that_channel(tmp_path):
    content = "month,channel,campaign,cost\n2025-01,google,a,10\n2025-01,google,b,5\n2025-01,google,Total,15\n2025-01,meta,a,7\n"
    found = spend(tmp_path, content)
    assert found.spent == 220_000
    assert not any("called a total" in note for note in found.notes)


def test_a_total_without_a_channel_is_of_all(tmp_path):
    found = spend(tmp_path, "month,channel,campaign,cost\n2025-01,,a,10\n2025-01,google,b,5\n2025-01,,Total,15\n")
    assert found.spent == 150_000


def test_a_total_that_is_none_is_told(tmp_path):
    content = HEAD + "2025-01-03,google,10\n2025-01-04,meta,20\nTotal,,31\n"
    assert spend(tmp_path, content).spent == 300_000
    assert notes(tmp_path, content) == ["ads.csv:4 is called a total of 31.00, but what it sums up comes to 30.00"]


def test_a_channel_called_total_in_every_record_is_a_channel(tmp_path):
    assert months(spend(tmp_path, "month,channel,amount\n2025-01,Total,10\n2025-02,Total,11\n")) == [
        ("2025-01", "Total", 10.0),
        ("2025-02", "Total", 11.0),
    ]


def test_what_a_program_wrote_below_is_no_record_of_spend(tmp_path):
    found = spend(tmp_path, HEAD + "2025-01-03,google,10\nReport of 2025-02-01 by the agency\n\ndate,channel,amount\n2025-01-04,google,5\n")
    assert (found.spent, found.rejects.height) == (150_000, 0)
    assert {entry.reason.name: entry.records for entry in found.ledger} == {"used": 2, "header_again": 1, "note": 1}


# The account

BROKEN = HEAD + (
    "2025-01-02,google,1.20\n2025-01-03,google,x\nsoon,a,3\n,a,\n2025-02-30,a,4\n2025-01-01,a,\n1960-01-01,a,5\n,a,6\n2025-01-05,b\n"
    "2025-01-06,meta,7,8,9,10\n"
)


def test_every_record_and_all_money_is_accounted_for(tmp_path):
    found = spend(tmp_path, BROKEN, max_rejects=1)
    assert [found.ledger.of(fate) for fate in ("used", "excluded", "rejected")] == [1, 1, 8]
    assert found.ledger.records == 10
    assert found.ledger.amount == 12_000 + 30_000 + 40_000 + 50_000 + 60_000
    assert found.spent + sum(entry.amount for entry in found.ledger if entry.reason.fate != "used") == found.ledger.amount


def test_what_cannot_be_read_is_listed_with_its_line_and_why(tmp_path):
    found = spend(tmp_path, BROKEN, max_rejects=1)
    assert found.rejects.columns == ["file", "line", "column", "value", "reason", "suggestion"]
    assert found.rejects.select("line", "column", "value", "reason").rows() == [
        (3, "amount", "x", "not a number, or past 90 billion"),
        (4, "date", "soon", "not a date"),
        (6, "date", "2025-02-30", "not a date"),
        (7, "amount", "", "no amount"),
        (8, "date", "1960-01-01", "a date before 1990 or after 2099"),
        (9, "date", "", "no date"),
        (10, "amount", "", "no amount"),
        (11, "", "2025-01-06,meta,7,8,9,10", "6 fields, expected 3; probably an unquoted delimiter"),
    ]


def test_a_record_with_too_few_fields_says_so(tmp_path):
    found = spend(tmp_path, HEAD + "2025-01-02,google,1\n2025-01-03,google\n2025-01-04,google,2\n", max_rejects=1)
    assert found.rejects.select("line", "value", "reason").rows() == [(3, "", "2 fields, expected 3")]


def test_a_span_that_ends_before_it_begins_is_rejected(tmp_path):
    found = spend(
        tmp_path, "start,end,channel,amount\n2025-01-01,2025-01-31,a,1\n2025-02-28,2025-02-01,a,2\n2025-03-01,,a,3\n", max_rejects=1
    )
    assert found.rejects.select("line", "column", "value", "reason").rows() == [
        (3, "start", "2025-02-28 to 2025-02-01", "ends before it begins"),
        (4, "start", "", "no date"),
    ]


def test_too_many_that_cannot_be_read_are_refused(tmp_path):
    assert refusal(tmp_path, HEAD + "2025-01-02,google,1.20\n2025-01-03,google,x\n").splitlines() == [
        "ads.csv:3: 1 of 2 records can't be read, more than the 5.0% allowed. Nothing was dropped",
        "  line 3 [amount]: 'x': not a number, or past 90 billion",
        "hint: correct it, or say how numbers are written, with decimal under 'spend:'; or go on without them:",
        "try: clv ... --max-rejects 1",
    ]


def test_a_file_of_which_nothing_is_left_is_refused(tmp_path):
    assert refusal(tmp_path, HEAD + "2025-02-30,google,1\n", max_rejects=1) == (
        "ads.csv: no spend is left to work with: 1 record = 0 used + 1 rejected (1 not a date)"
    )


def test_amounts_too_large_to_be_summed_are_refused(tmp_path):
    content = HEAD + "2025-01-03,google,90000000000\n" * 10_001
    assert refusal(tmp_path, content).startswith("ads.csv: the amounts are too large to be summed exactly")


def test_the_order_of_the_records_makes_no_difference(tmp_path):
    records = ["2025-01-04,meta,20\n", "2025-01-03,google,10\n", "2025-01-03,,1\n", "2025-01-03,google,5\n"]
    first, second = spend(tmp_path, HEAD + "".join(records)), spend(tmp_path, HEAD + "".join(reversed(records)))
    assert first.frame.equals(second.frame)
    assert first.frame.schema == {"first_day": pl.Int32, "last_day": pl.Int32, "channel": pl.String, "amount": pl.Int64}


# Credits, copies and doubles


def test_credits_are_taken_off_and_told(tmp_path):
    content = HEAD + "2025-01-03,google,100\n2025-01-20,google,-20.50\n2025-01-21,google,(4.50)\n"
    assert spend(tmp_path, content).spent == 750_000
    assert notes(tmp_path, content) == ["negative amounts are credits, taken off what was spent: 2 records, -25.00 in all"]


def test_a_month_in_which_more_came_back_than_was_spent_is_refused(tmp_path):
    content = HEAD + "2025-01-03,google,100\n2025-02-03,google,10\n2025-02-04,google,-30\n2025-02-04,meta,90\n"
    assert refusal(tmp_path, content) == (
        "ads.csv:4: google: what was spent in 2025-02 comes to -20.00, since credits are larger. Nothing was dropped\n"
        "hint: date the credit in the month whose spend it lowers, or leave it out"
    )


def test_a_blank_channel_is_kept_and_told(tmp_path):
    content = HEAD + "2025-01-03,google,100\n2025-01-04,,5\n2025-01-05,--,6\n"
    assert spend(tmp_path, content).frame["channel"].to_list() == ["google", None, None]
    assert notes(tmp_path, content) == ["ads.csv: no channel in 2 records, 11.00 in all, the first on line 3"]


def test_records_that_stand_twice_count_twice_and_are_told(tmp_path):
    content = HEAD + "2025-01-03,google,100\n2025-01-04,google,5\n2025-01-03,google,100\n"
    assert spend(tmp_path, content).spent == 2_050_000
    assert notes(tmp_path, content) == [
        "equal to another in every column: 1 record, as on lines 2 and 4; all count, so look whether that is right"
    ]


def test_records_of_two_files_that_are_equal_are_told(tmp_path):
    found = notes(tmp_path, HEAD + "2025-01-03,google,100\n", "channel,date,amount\ngoogle,2025-01-03,100\ngoogle,2025-01-04,1\n")
    assert found == [
        "equal to another in every column: 1 record, as on line 2 of ads.csv and line 2 of more.csv; all count, so look whether that is right"
    ]


def test_records_of_one_channel_and_day_are_added_up_and_told(tmp_path):
    content = "date,channel,campaign,cost\n2025-01-03,google,a,1\n2025-01-03,google,b,2\n2025-01-04,google,a,1\n2025-01-04,google,a,3\n"
    assert spend(tmp_path, content).spent == 70_000
    assert notes(tmp_path, content)[1:] == [
        "added up: 2 records of one channel and time, as on lines 4 and 5",
        "added up: 2 records of one channel and time that differ in other columns, as on lines 2 and 3",
    ]


def test_a_month_and_its_days_would_count_twice(tmp_path):
    assert refusal(tmp_path, HEAD + "2025-01,google,100\n2025-02-04,google,20\n2025-01-04,google,20\n2025-01-04,meta,20\n") == (
        "ads.csv:4: google: 2025-01-04 here and 2025-01 on line 2 share days, so what was spent on them would count twice. Nothing was dropped\n"
        "hint: leave out one of the two"
    )


def test_a_month_and_its_days_in_two_files_would_count_twice(tmp_path):
    told = refusal(tmp_path, HEAD + "2025-01-04,google,20\n", "month,channel,amount\n2025-01,google,100\n")
    assert told.startswith("more.csv:2: google: 2025-01 here and 2025-01-04 on line 2 of ads.csv share days")


def test_files_that_name_no_channel_are_not_held_against_each_other(tmp_path):
    found = spend(tmp_path, "date,cost\n2025-01-04,20\n", "month,cost\n2025-01,100\n")
    assert found.spent == 1_200_000


def test_spans_that_share_days_would_count_twice(tmp_path):
    told = refusal(tmp_path, "start,end,cost\n2025-01-01,2025-02-15,1\n2025-02-10,2025-03-01,2\n")
    assert told.startswith(
        "ads.csv:3: spend without a channel: 2025-02-10 to 2025-03-01 here and 2025-01-01 to 2025-02-15 on line 2 share days"
    )


def test_campaigns_of_a_channel_may_run_at_one_time(tmp_path):
    content = "start,end,channel,campaign,cost\n2025-01-01,2025-02-15,tv,a,1\n2025-02-10,2025-03-01,tv,b,2\n"
    assert spend(tmp_path, content).spent == 30_000
    assert "share days" in refusal(tmp_path, content.replace(",b,", ",,"))
    assert "share days" in refusal(tmp_path, content.replace(",b,", ",a,"))


# Currencies


@pytest.mark.parametrize(
    ("content", "currency"),
    [
        (HEAD + "2025-01-03,google,€10.50\n", "EUR"),
        (HEAD + "2025-01-03,google,10.50 zł\n", "PLN"),
        ("date,channel,cost (usd)\n2025-01-03,google,10.50\n", "USD"),
        ("date,channel,cost €\n2025-01-03,google,10.50\n", "EUR"),
        ("date,channel,Amount spent (THB)\n2025-01-03,google,10.50\n", "THB"),
        ("date,channel,spend in gbp\n2025-01-03,google,10.50\n", "GBP"),
        ("date,channel,amount,currency\n2025-01-03,google,10.50,eur\n2025-01-03,meta,10.50,Euro\n2025-01-04,meta,10.50,\n", "EUR"),
        (HEAD + "2025-01-03,google,10.50\n", ""),
        ("date,channel,total net\n2025-01-03,google,10.50\n".replace("total net", "net amount"), ""),
    ],
)
def test_the_currency_is_what_the_file_says(tmp_path, content, currency):
    assert spend(tmp_path, content).currency == currency


@pytest.mark.parametrize(("sign", "currency"), [("$", "CAD"), ("$", "USD"), ("kr ", "SEK"), ("€", "eur"), ("€", "€"), ("", "CHF")])
def test_a_sign_of_several_currencies_is_that_of_the_orders(tmp_path, sign, currency):
    found = spend(tmp_path, HEAD + f"2025-01-03,google,{sign}10.50\n", currency=currency)
    assert found.currency == {"eur": "EUR", "€": "EUR"}.get(currency, currency)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (HEAD + "2025-01-03,google,€10.50\n", 2),
        ("date,channel,cost (eur)\n2025-01-03,google,10.50\n", 1),
        ("date,channel,amount,currency\n2025-01-03,google,10.50,EUR\n", 2),
    ],
)
def test_another_currency_than_that_of_the_orders_is_refused(tmp_path, content, line):
    assert refusal(tmp_path, content, currency="USD") == (
        f"ads.csv:{line}: what was spent is in EUR, the orders are in USD. Nothing was dropped\nhint: give the spend in USD"
    )


@pytest.mark.parametrize(
    "contents",
    [
        (HEAD + "2025-01-03,google,€10.50\n2025-01-04,google,$10.50\n",),
        ("date,channel,amount,currency\n2025-01-03,google,10.50,EUR\n2025-01-03,google,10.50,USD\n",),
        ("date,channel,cost (eur)\n2025-01-03,google,10.50\n", "date,channel,cost (usd)\n2025-01-03,google,10.50\n"),
    ],
)
def test_several_currencies_are_refused(tmp_path, contents):
    told = refusal(tmp_path, *contents)
    assert "the spend is in several currencies, which can't be added up: EUR, USD. Nothing was dropped" in told
    assert told.endswith("hint: give what was spent in EUR alone, or change it into that")


# What is refused

SEEN = "the columns, with their first values:\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "ads.csv: the file is empty (0 bytes)\nhint: export it again"),
        (HEAD, "ads.csv:1: no records after the header; columns: date, channel, amount\nhint: export it again"),
        (
            "date,channel,foo\n2025-01-03,google,10\n",
            (
                f"ads.csv:1: no column for amount (what was spent)\n{SEEN}  date     2025-01-03\n  channel  google\n  foo      10\n"
                "hint: in clv.yaml: spend: {columns: {amount: COLUMN}}"
            ),
        ),
        (
            "foo,cost\nx,10\n",
            (
                f"ads.csv:1: no column for date (the day of the spend, or its month)\n{SEEN}  foo   x\n  cost  10\n"
                "hint: in clv.yaml: spend: {columns: {date: COLUMN}}"
            ),
        ),
        (
            "end,cost\n2025-01-03,10\n",
            (
                f"ads.csv:1: no column for date (the day of the spend, or its month)\n{SEEN}  end   2025-01-03\n  cost  10\n"
                "hint: in clv.yaml: spend: {columns: {date: COLUMN}}"
            ),
        ),
        (
            HEAD + "01/02/2025,google,10\n01/03/2025,google,10\n",
            (
                "ads.csv:2: [date] '01/02/2025' may be a day and a month or a month and a day, and no date tells which. Nothing was dropped\n"
                "hint: in clv.yaml: spend: {date_format: '%d/%m/%Y'}\nhint: in clv.yaml: spend: {date_format: '%m/%d/%Y'}"
            ),
        ),
        (
            HEAD + "31/01/2025,google,10\n01/31/2025,google,10\n",
            (
                "ads.csv:3: [date] the day comes first in '31/01/2025' and the month in '01/31/2025'. Nothing was dropped\n"
                "hint: export again, so that all dates are written alike"
            ),
        ),
        (
            HEAD + "31/01/2025,google,10\n2025-02-01,google,10\n",
            (
                "ads.csv:3: [date] dates are written in several ways: 1 like '2025-02-01'; 1 like '31/01/2025'. Nothing was dropped\n"
                "hint: export again, so that all dates are written alike; a date_format under 'spend:' sets the others aside"
            ),
        ),
        (
            "month,channel,amount\nJanuary,google,10\n",
            (
                "ads.csv:2: [month] 'January' is no date that clv can read. Nothing was dropped\n"
                "hint: say how dates are written, as in:\nhint: in clv.yaml: spend: {date_format: '%d/%m/%Y'}"
            ),
        ),
        (
            HEAD + "2025-01-01,google,1.234\n2025-01-03,google,2.345\n",
            (
                "ads.csv:2: [amount] '1.234' may be a thousand or a fraction, and no value tells which. Nothing was dropped\n"
                "hint: in clv.yaml: spend: {decimal: '.'}\nhint: in clv.yaml: spend: {decimal: ','}"
            ),
        ),
        (
            "date,channel,cost (eur),cost (usd)\n2025-01-03,google,10,20\n",
            (
                "ads.csv:1: [header] cost (eur) and cost (usd) could both be amount. Nothing was dropped\n"
                "hint: in clv.yaml: spend: {columns: {amount: 'cost (eur)'}}"
            ),
        ),
        (
            "2025-01-03,google,10.50\n2025-01-04,google,3\n",
            (
                "ads.csv:1: line 1 looks like data, not like the names of columns: '2025-01-03'\n"
                "hint: without names they are called 1 (2025-01-03), 2 (google), 3 (10.50); say which is which:\n"
                "hint: in clv.yaml: spend: {header: false, columns: {date: NUMBER, amount: NUMBER}}"
            ),
        ),
        (
            HEAD + "2025-01-03,google,10.50\n2025-01-04,goo",
            (
                "ads.csv:3: the last line is incomplete: 2 fields, expected 3, and no line end. The file was cut off\n"
                "hint: fetch it again, or end its last line"
            ),
        ),
    ],
    ids=lambda text: repr(text)[:30],
)
def test_what_is_not_certain_is_refused_with_what_to_type(tmp_path, content, told):
    assert refusal(tmp_path, content) == told


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ("order_id,customer_id,ordered_at,amount,channel\n1,ann,2025-01-03,10,web\n", "order_id"),
        ("Kundennummer;Datum;Betrag\nann;2025-01-03;10,00\n", "Kundennummer"),
        ("email,created,total\na@b.de,2025-01-03,10\n", "email"),
        ("Order Number,Date,Amount,Campaign\n17,2025-01-03,10,x\n", "Order Number"),
    ],
)
def test_orders_are_no_spend(tmp_path, content, column):
    told = refusal(tmp_path, content)
    assert told.startswith(f"ads.csv:1: [{column}] this looks like orders, not like what was spent on advertising. Nothing was dropped")


def test_orders_are_spend_if_the_user_says_so(tmp_path):
    content = "order number,date,amount\n17,2025-01-03,10\n"
    assert refusal(tmp_path, content).endswith("if this is it, in clv.yaml: spend: {columns: {amount: amount}}")
    assert spend(tmp_path, content, columns={"amount": "amount"}).spent == 100_000


@pytest.mark.parametrize("header", ["Customer ID,Day,Campaign,Cost", "Account ID,Day,Clicks,Cost", "Customer,Day,Region,Ad spend"])
def test_the_number_of_an_advertiser_is_no_customer(tmp_path, header):
    assert spend(tmp_path, f"{header}\n123-456-7890,2025-01-03,3,10\n").spent == 100_000


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"dat": "date"}, "'dat' is no role a column of spend can have\nhint: did you mean 'date'?"),
        ({"amount": "amont"}, "amount: no column 'amont' in the spend\nhint: did you mean 'amount'?"),
    ],
)
def test_a_mapping_that_fits_nothing_is_a_mistake_of_usage(tmp_path, columns, told):
    with pytest.raises(UsageError) as error:
        spend(tmp_path, HEAD + "2025-01-03,google,10\n", columns=columns)
    assert str(error.value) == told
    assert error.value.problems[0].setting[:2] == ("spend", "columns")


@pytest.mark.parametrize(
    ("options", "setting_"), [({"given": Given(encoding="klingon")}, ("spend", "encoding")), ({"given": Given(delimiter="ab")}, ("spend", "delimiter"))]
)  # fmt: skip
def test_a_mistake_in_what_is_said_of_the_file_is_one_of_the_spend(tmp_path, options, setting_):
    with pytest.raises(UsageError) as error:
        spend(tmp_path, HEAD + "2025-01-03,google,10\n", **options)
    assert error.value.problems[0].setting == setting_


def test_a_file_is_read_as_the_user_says(tmp_path):
    assert rows(spend(tmp_path, HEAD + "02/01/2025,google,10\n03/01/2025,google,1.234\n", date_format="%d/%m/%Y", decimal=",")) == [
        ("2025-01-02", "2025-01-02", "google", 10.0),
        ("2025-01-03", "2025-01-03", "google", 1234.0),
    ]
    headless = spend(
        tmp_path,
        "2025-01-03;google;5\n",
        given=Given(has_header=False, delimiter=";"),
        columns={"date": "1", "amount": "3", "channel": "2"},
    )
    assert rows(headless) == [("2025-01-03", "2025-01-03", "google", 5.0)]


@pytest.mark.parametrize(("text", "how"), [("01/25", "%m/%y"), ("2025 01", "%Y %m"), ("Jan 2025", "%d/%m/%Y"), ("45658", "excel")])
def test_a_format_without_a_day_is_of_months_and_one_with_a_day_leaves_months_alone(tmp_path, text, how):
    found = spend(tmp_path, f"month,channel,amount\n{text},google,10\n", date_format=how)
    assert months(found) == [("2025-01", "google", 10.0)]


def test_hints_that_are_the_same_for_spend_stay():
    with pytest.raises(UsageError) as error, told_of_spend():
        Spelling(date_format="x", decimal=";")
    assert [problem.hint for problem in error.value.problems] == [
        "decimal: '.' under 'spend:' or decimal: ',' under 'spend:'",
        "write it as in date_format: '%d/%m/%Y' under 'spend:'; excel and excel1904 are days as spreadsheets count them",
    ]
