"""The HTML page as Chromium shows it: wide and on a phone, light and dark, and as axe-core judges it."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import pytest
from program import SHOP, clv

from clvcli.settings import SectionName

pytestmark = pytest.mark.slow

_FOLDER = Path(__file__).parent / "browser"
_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def looks(tmp_path_factory):
    """What was seen of the sample shop's report, of one with hostile names, and of a command's page."""
    if not (_CHROMIUM and shutil.which("node") and (_FOLDER / "node_modules").exists()):
        if os.environ.get("CLV_TEST_BROWSER"):
            pytest.fail("CLV_TEST_BROWSER is set, but Chromium, node or tests/browser/node_modules is missing")
        pytest.skip("needs Chromium and node, and in tests/browser what 'npm install' puts there; .ci/run installs them")
    folder = tmp_path_factory.mktemp("pages")
    pages = {name: folder / f"{name}.html" for name in ("report", "hostile", "segments")}
    assert clv("report", SHOP, "-o", str(pages["report"]), "-q").code == 0
    assert clv("report", str(_hostile(folder)), "--by", "channel", "--margin", "0.4", "-o", str(pages["hostile"]), "-q").code == 0
    assert clv("segments", SHOP, "--by", "channel", "-o", str(pages["segments"]), "-q").code == 0
    command = ["node", str(_FOLDER / "look.mjs"), _CHROMIUM, *map(str, pages.values())]
    seen = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=300).stdout)
    return {name: [one for one in seen if one["file"] == str(path)] for name, path in pages.items()}


def _hostile(folder):
    """Orders whose channels try to be markup, to break out, or to be wider than any page."""
    channels = [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "x" * 10_000,
        "\u202egnihtyna",
        "javascript:alert(1)",
        "{{7*7}}",
        "",
        "'",
    ]
    rows = [
        f'c{at},{at}-{turn},2024-{turn + 1:02}-{at + 1:02},{10 + at},"{channel.replace(chr(34), chr(34) * 2)}"'
        for at, channel in enumerate(channels)
        for turn in range(12)
    ]
    path = folder / "<b>orders.csv"
    path.write_text("\n".join(["customer_id,order_id,ordered_at,amount,channel", *rows]) + "\n")
    return path


def each(looks):
    return [one for several in looks.values() for one in several]


def test_nothing_is_asked_for_but_the_page_itself_and_no_error_is_told(looks):
    for one in each(looks):
        assert one["errors"] == []
        assert len(one["requests"]) == 1
        assert one["scripts"] == 0


def test_every_section_is_there_with_something_in_it(looks):
    wanted = [name for name in get_args(SectionName) if name != "changes"]
    for one in looks["report"]:
        assert one["sections"] == wanted
        assert one["empty"] == []


def test_of_each_chart_just_the_drawing_that_fits_is_shown(looks):
    for one in looks["report"]:
        assert len(one["drawn"]) >= 7
        assert set(one["drawn"]) == {1}


def test_no_page_scrolls_sideways(looks):
    assert {one["width"] for one in each(looks)} == {390, 1280}
    assert [one["overflow"] for one in each(looks)] == [0] * len(each(looks))


def test_landmarks_links_and_titles_are_in_order(looks):
    for one in each(looks):
        assert one["landmarks"][0] == "header"
        assert {"main", "footer"} <= {*one["landmarks"]}
        assert one["broken"] == []
        assert one["title"]


def test_axe_finds_no_fault_in_structure_or_contrast(looks):
    assert {one["colorScheme"] for one in each(looks)} == {"light", "dark"}
    assert [(one["file"], one["width"], one["violations"]) for one in each(looks) if one["violations"]] == []
