"""Run a script of the workflow as Snakemake does, without Snakemake."""

import runpy
from pathlib import Path
from types import SimpleNamespace

SCRIPTS = Path(__file__).parents[1] / "workflow/scripts"


class Named(list):
    """Snakemake's inputs and outputs: a list whose items may have names."""

    def __init__(self, items):
        super().__init__(items.values() if isinstance(items, dict) else items)
        self.__dict__.update(items if isinstance(items, dict) else {})

    def __getitem__(self, key):
        return getattr(self, key) if isinstance(key, str) else super().__getitem__(key)

    def items(self):
        """Return names and values, as of a dictionary."""
        return self.__dict__.items()


def run_script(name: str, monkeypatch, input, output, params: dict, **wildcards: str) -> None:
    """Run ``workflow/scripts/{name}.py``; what it prints goes to the terminal alone."""
    monkeypatch.setattr("tonotopy.logs.to_log", lambda path: None)
    job = SimpleNamespace(
        input=Named(input),
        output=Named(output),
        params=SimpleNamespace(**params),
        wildcards=Named(wildcards),
        log=["job.log"],
        threads=1,
    )
    runpy.run_path(str(SCRIPTS / f"{name}.py"), {"snakemake": job}, "__main__")
