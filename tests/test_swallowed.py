"""Records that a fast reader would swallow: quotes and line ends that stand wrong are told, or read as they are meant."""

import pytest
from terminal import Terminal

HEADER = "customer_id,ordered_at,amount,product\n"
HIDDEN = HEADER + "ann,2024-01-05,30,cup\nbob,2024-01-06,20,blue\rmug\n"


@pytest.fixture
def terminal(tmp_path):
    return Terminal(tmp_path)


def test_a_copy_of_a_file_with_other_line_ends_is_told(terminal):
    for name in ("a.csv", "b.csv"):
        (terminal.folder / name).write_text(HIDDEN, newline="")
    assert terminal.type("clv compute a.csv b.csv")[-1] == "[exit 4]"


def test_a_stray_quote_in_the_first_record_is_blamed_on_its_line(terminal):
    (terminal.folder / "a.csv").write_text(HEADER + 'ann,2024-01-05,30,"mug" blue\nbob,2024-01-06,20,cup\n')
    assert terminal.type("clv compute a.csv")[0].startswith("error: a.csv:2: [product] a double quote")


@pytest.mark.parametrize("product", ['"12" mug"', '"mug'])
def test_a_quote_that_stops_the_fast_reader_is_called_a_quote(terminal, product):
    (terminal.folder / "a.csv").write_text(HEADER + f"ann,2024-01-05,30,{product}\nbob,2024-01-06,20,cup\n")
    assert "quote" in " ".join(terminal.type("clv compute a.csv")[:2])


def test_a_bare_return_ends_a_line_and_is_told(terminal):
    (terminal.folder / "a.csv").write_text(HEADER + "ann,2024-01-05,30,cup\nbob,2024-01-06,20,mug\reve,2024-01-07,25,cup\n", newline="")
    said = terminal.type("clv compute a.csv")
    assert "3 records = 3 used; 3 orders; 75.00 in the file, all of it used" in said
    assert "repaired: carriage returns that end a line" in said
