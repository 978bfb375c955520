"""The house keeps its own rules: pins agree, rules are complete, modules stay small."""

import ast
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SCRIPTS = ROOT / "workflow/scripts"
CONDA_NAMES = {"matplotlib-base": "matplotlib"}
RULES = {
    match.group(1): match.group(0)
    for path in (ROOT / "workflow/rules").glob("*.smk")
    for match in re.finditer(
        r"^rule (\w+):\n(?:(?:    .*)?\n)*", path.read_text(), flags=re.MULTILINE
    )
}


def pins() -> dict[str, str]:
    lines = (line.split("#")[0].strip() for line in (ROOT / "requirements.txt").open())
    return dict(line.split("==") for line in lines if line)


def environment(path: Path) -> dict[str, str]:
    found = {}
    for item in yaml.safe_load(path.read_text())["dependencies"]:
        for pin in item["pip"] if isinstance(item, dict) else [item]:
            name, _, version = pin.replace(" ", "").partition("==")
            found[name] = version
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda p: p.stem)
def test_environments_pin_what_requirements_pin(path):
    expected = pins()
    for name, version in environment(path).items():
        if name not in ("python=3.11", "pip"):
            assert version == expected[CONDA_NAMES.get(name, name)], name


def test_requirements_are_exact_and_named_once():
    lines = [line.split("#")[0].strip() for line in (ROOT / "requirements.txt").open()]
    names = [re.fullmatch(r"([a-z0-9-]+)==\S+", line).group(1) for line in lines if line]
    assert len(names) == len(set(names)) > 50


def test_every_rule_names_its_script_log_environment_and_code():
    assert len(RULES) > 12
    for name, text in RULES.items():
        assert "shell:" not in text and "run:" not in text
        if "script:" in text:
            for part in ("log:", "conda:", f'/{name}"'):
                assert part in text, f"{name} lacks {part}"
            (script,) = re.findall(r'"../scripts/(\w+/\w+)\.py"', text)
            assert f'"{script}"' in text and "code(" in text, f"{name} lacks its code hash"
            assert script.endswith(f"/{name}") and (SCRIPTS / f"{script}.py").is_file()


def test_every_script_is_used_small_and_opens_its_log_first():
    for path in SCRIPTS.rglob("*.py"):
        text = path.read_text()
        assert path.stem in RULES
        assert len(text.splitlines()) <= 45, path.name
        assert "to_log(snakemake.log[0])" in text


def test_what_all_rules_share_stays_small_and_imports_at_its_head():
    lines = (ROOT / "workflow/rules/common.smk").read_text().splitlines()
    assert len(lines) <= 100
    for path in (ROOT / "workflow/rules").glob("*.smk"):
        tops = [
            n
            for n, line in enumerate(path.read_text().splitlines())
            if line.startswith(("import ", "from "))
        ]
        others = [
            n
            for n, line in enumerate(path.read_text().splitlines())
            if line.startswith(("def ", "rule "))
        ]
        assert not tops or max(tops) < min(others), path.name


def test_modules_and_functions_stay_small():
    for path in (ROOT / "workflow/tonotopy").rglob("*.py"):
        text = path.read_text()
        assert len(text.splitlines()) < 400, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 60, f"{path}: {node.name}"


def test_tables_are_read_where_their_checksums_are_compared():
    for path in (ROOT / "workflow").rglob("*.py"):
        assert path.name == "files.py" or "read_parquet" not in path.read_text(), path


def test_the_snakefile_fits_on_a_screen():
    assert len((ROOT / "Snakefile").read_text().splitlines()) <= 60


def test_test_modules_have_names_of_their_own():
    """pytest imports them by their names alone, as tests are no packages."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names)) > 50
