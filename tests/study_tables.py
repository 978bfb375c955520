"""What tests do with any study: find its tables, shuffle them, change one, read its claims."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from tonotopy.config import read_schema
from tonotopy.evidence.claims import read_claims
from tonotopy.evidence.tables import StudyTables

WORKFLOW = Path(__file__).parents[1] / "workflow"


def table_paths(folder: Path) -> dict[str, Path]:
    """Return name -> file of the tables in a folder."""
    return {path.stem: path for path in sorted(folder.glob("*.parquet"))}


def shuffle_rows(folder: Path, seed: int = 0) -> Path:
    """Put the rows of every table in a folder into another order: none has a meaning."""
    rng = np.random.default_rng(seed)
    for path in table_paths(folder).values():
        table = pd.read_parquet(path)
        table.iloc[rng.permutation(len(table))].to_parquet(path, index=False)
    return folder


def changed(tables: StudyTables, folder: Path, **contents: pd.DataFrame) -> StudyTables:
    """Return the same tables, some with other contents, which are written to ``folder``."""
    paths = dict(tables.paths)
    for name, table in contents.items():
        paths[name] = folder / f"{name}.parquet"
        table.to_parquet(paths[name], index=False)
    return replace(tables, paths=paths)


def without(tables: StudyTables, *names: str) -> StudyTables:
    """Return the tables of a run that did not make some of them; their files stay on the disk."""
    return replace(tables, paths={k: v for k, v in tables.paths.items() if k not in names})


def claims_of(study: str) -> list[dict]:
    """Return the claims of a study, as a run reads them."""
    schema = read_schema(WORKFLOW / "schemas/claims.schema.yaml")
    return read_claims({study: WORKFLOW / f"claims/{study}.yaml"}, schema)
