"""Run the scripts of a study's rules with what the rules give them, without Snakemake."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

from scripts import run_script

from tonotopy import places

RULES = Path(__file__).parents[1] / "workflow/rules"


class Rules:
    """The rules of a study, read as text.

    Args:
        study: by name.
        inputs: its module of that name.
        config: the configuration that its rules see.
        wildcards: scale and instance.
    """

    def __init__(self, study: str, inputs, config: dict, wildcards: dict):
        self._study, self._inputs, self._config = study, inputs, config
        self._wildcards = wildcards
        self._text = (RULES / f"{study}.smk").read_text()

    @property
    def names(self) -> list[str]:
        """Names of the rules."""
        return re.findall(r"^rule (\w+):", self._text, re.MULTILINE)

    def told(self, rule: str, section: str, config: dict | None = None, **wildcards):
        """Return what a section of a rule stands for: names and values; a list without names."""
        own = rf"^rule {rule}:\n((?:(?:    .*)?\n)*)"
        (text,) = re.findall(own, self._text, re.MULTILINE)
        bodies = re.findall(rf"^    {section}:\n((?:        .*\n)+)", text, re.MULTILINE)
        if not bodies:
            return []
        filled = {**self._wildcards, **wildcards}
        words = self._words(config or self._config, SimpleNamespace(**filled))
        found = _filled(eval(f"collected({bodies[0]})", words), filled)
        if section == "params":
            given = self.told(rule, "input", config, **wildcards)
            return {
                name: value(words["job"], given) if callable(value) else value
                for name, value in found.items()
            }
        return found

    def _words(self, config: dict, job: SimpleNamespace) -> dict:
        def given(function):
            return function(job, config)

        def collected(*values, **named):
            lists = [[value] if isinstance(value, str) else value for value in values]
            return named or [value for own in lists for value in own]

        return {
            "given": given,
            "frozen_given": lambda function: json.dumps(given(function)),
            "seed_of": config["seed"],
            "code": lambda script: script,
            "config": config,
            self._study: self._inputs,
            "job": job,
            "places": places,
            "Path": Path,
            "directory": str,
            "temp": str,
            "collected": collected,
        }

    def run(self, rule: str, monkeypatch, config: dict | None = None, **wildcards):
        """Run a rule's script; return its outputs."""
        given, output, params = (
            self.told(rule, section, config, **wildcards)
            for section in ("input", "output", "params")
        )
        script = f"{self._study}/{rule}"
        assert f'"../scripts/{script}.py"' in self._text and params["code"] == script
        run_script(script, monkeypatch, given, output, params, **{**self._wildcards, **wildcards})
        return output


def _filled(value, wildcards: dict):
    """Put wildcards into all paths."""
    if isinstance(value, dict):
        return {key: _filled(own, wildcards) for key, own in value.items()}
    if isinstance(value, list):
        return [_filled(own, wildcards) for own in value]
    for name, own in wildcards.items() if isinstance(value, str) else ():
        value = value.replace(f"{{{name}}}", own)
    return value
