"""The samples for cron and systemd: they are what their programs accept, and what they start does what the page says."""

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import clvcli

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "docs" / "samples"


@pytest.fixture
def shop(tmp_path):
    """A folder as the samples have it at /srv/shop."""
    folder = tmp_path / "shop"
    (folder / "exports").mkdir(parents=True)
    (folder / "reports").mkdir()
    shutil.copyfile(ROOT / "sample_data" / "orders.csv", folder / "exports" / "orders.csv")
    shutil.copyfile(SAMPLES / "clv.yaml", folder / "clv.yaml")
    program = folder / ".venv" / "bin" / "clv"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nPYTHONPATH={Path(clvcli.__file__).parents[1]} exec {sys.executable} -m clvcli "$@"\n')
    program.chmod(0o755)
    return folder


def started(command, shop):
    """What cron does with a line: a shell with next to no environment."""
    environment = {"HOME": str(shop), "LOGNAME": "clv", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        ["/bin/sh", "-c", command], env=environment, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def of_crontab():
    """The command of the crontab's one line."""
    (line,) = [line for line in (SAMPLES / "crontab").read_text().splitlines() if line[:1].isdigit()]
    return line.split(None, 5)[5]


def test_the_line_of_the_crontab_makes_a_report_in_silence(shop):
    command = of_crontab().replace("/srv/shop", str(shop))
    assert "%" not in command  # which ends a line of a crontab
    ran = started(command, shop)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert [path.name for path in (shop / "reports").glob("*.html")] == ["2025-12-31.html"]
    assert (shop / "history" / "2025-12-31" / "manifest.json").exists()


def test_a_condition_that_is_met_is_what_cron_mails(shop):
    config = (shop / "clv.yaml").read_text()
    (shop / "clv.yaml").write_text(config.replace("retention_rate < 0.2", "retention_rate < 0.3"))
    ran = started(of_crontab().replace("/srv/shop", str(shop)), shop)
    assert ran.returncode == 6
    assert ran.stderr.startswith("found: retention_rate < 0.3 for channel=social: ")
    assert (shop / "reports" / "2025-12-31.html").exists()


def test_what_the_service_starts_makes_a_report_and_a_log(shop):
    service = configparser.ConfigParser(strict=False)
    service.optionxform = str
    service.read(SAMPLES / "clv-report.service")
    command = shlex.split(service["Service"]["ExecStart"].replace("/srv/shop", str(shop)))
    ran = subprocess.run(command, cwd=shop, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert ran.returncode == 0
    assert {line.split()[2] for line in ran.stderr.splitlines()} >= {"started", "read", "wrote", "summary", "done"}
    written = {path.name for path in shop.iterdir()} - {"clv.yaml", "exports", ".venv"}
    assert written <= {Path(path).name for path in service["Service"]["ReadWritePaths"].split()}


def test_systemd_accepts_the_units(shop, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze isn't here; it is where systemd is")
    units = tmp_path / "units"
    units.mkdir()
    for unit in SAMPLES.glob("clv-report.*"):
        (units / unit.name).write_text(unit.read_text().replace("/srv/shop", str(shop)).replace("User=clv", "User=root"))
    environment = {**os.environ, "SYSTEMD_LOG_LEVEL": "warning"}
    paths = sorted(map(str, units.iterdir()))
    ran = subprocess.run(["systemd-analyze", "verify", *paths], env=environment, capture_output=True, text=True, check=False)
    assert [line for line in (ran.stdout + ran.stderr).splitlines() if "clv-report" in line] == []
    assert ran.returncode == 0


def test_the_timer_comes_round_every_monday_at_six():
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze isn't here; it is where systemd is")
    timer = configparser.ConfigParser()
    timer.read(SAMPLES / "clv-report.timer")
    ran = subprocess.run(
        ["systemd-analyze", "calendar", "--base-time=2025-12-31 12:00", "--iterations=2", timer["Timer"]["OnCalendar"]],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout.count("Mon 2026-01-") == 2
    assert "Mon 2026-01-05 06:00:00" in ran.stdout
