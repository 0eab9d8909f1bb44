"""Every column that an answer shows is one that `clv explain` knows."""

from functools import cache

import pytest
from program import ROOT, SHOP, clv

SPEND = str(ROOT / "sample_data" / "spend.csv")
QUESTIONS = {
    "compute": ("compute",),
    "segments": ("segments", "--by", "channel"),
    "segments with spend": ("segments", "--by", "channel", "--spend", SPEND),
    "segments by labels": ("segments", "--by", "rfm,rfm_segment,value_tier,cohort,cohort_quarter,cohort_year"),
    "cohorts": ("cohorts", "--period", "quarter"),
    "cohorts and what they cost": ("cohorts", "--period", "year", "--measure", "cumulative_contribution"),
    "cohorts by channel": ("cohorts", "--by", "channel", "--period", "year"),
    "churn": ("explain", "churn"),
    "trend": ("trend", "--by", "channel"),
    "whatif": ("whatif", "--by", "channel", "--aov", "+5%", "--retention", "+2pt"),
    "customers": ("customers",),
}
NO_NUMBERS = {
    "name",
    "label",
    "value",
    "unit",
    "how",
    "description",
    "undefined",
    "aspect",
    "text",
    "basis",
    "scope",
    "horizon",
    "discounting",
}
"""What the columns of plain lists are called."""
ATTRIBUTES = {"channel", "month"}


@cache
def explained(name):
    """What is said of a column, or nothing."""
    said = clv("explain", name, "-f", "json", "-q", "--config", str(ROOT / "config.example.yaml"))
    return said.json["tables"][0]["rows"][0]["text"] if (said.code, said.err) == (0, "") else ""


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_column_of_an_answer_is_explained(question):
    command, *more = QUESTIONS[question]
    answer = clv(
        command, *(more[:1] if command == "explain" else ()), SHOP, *(more[1:] if command == "explain" else more), "-f", "json", "-q"
    )
    assert (answer.code, answer.err) == (0, "")
    names = {column["name"] for table in answer.json["tables"] for column in table["columns"]}
    for name in sorted(names - NO_NUMBERS - ATTRIBUTES):
        if not name.isdigit():  # an age: the measure's own name explains it
            assert (name, bool(explained(name))) == (name, True)


def test_the_names_of_rfm_are_part_of_what_is_explained():
    shown = clv("explain", "rfm_segment").text
    assert "champions        R 5, mean of F and M 4–5" in shown
