"""Prints what the simulations have found, once they are done."""

import pytest
from simulations import TABLES, result_lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a line for every simulated statistic."""
    rows = [
        [_study(report), *found]
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        for name, found in getattr(report, "user_properties", [])
        if name == "simulated" and report.when == "call"
    ]
    if rows:
        terminalreporter.section(f"{TABLES} simulated tables each")
        for line in result_lines(rows):
            terminalreporter.write_line(line)


def _study(report: pytest.TestReport) -> str:
    return report.nodeid.split("::")[0].rpartition("test_simulated_")[2].removesuffix(".py")
