"""docs/files.md against the files of a whole run."""

import pyarrow.parquet as parquet
from documented import documented, faults

from tonotopy.files import read_tensors
from tonotopy.studies import STUDIES


def test_every_table_of_a_run_has_the_columns_that_are_told_and_no_other(finished):
    results, wrong, seen = finished.path / "results/smoke", [], set()
    for path in sorted(results.glob("*/*/*.parquet")):
        study = path.relative_to(results).parts[0]
        if study in STUDIES:
            seen.add((study, path.stem))
            wrong += faults(study, path.stem, parquet.read_schema(path).names)
    assert not wrong and len(seen) > 0.8 * len(documented())


def test_arrays_of_a_run_say_what_they_are(finished):
    results = finished.path / "results/smoke"
    arrays, facts = read_tensors(results / "steering/world/vectors.safetensors")
    assert facts["axes"] == ["probe", "concept", "width"] and len(facts["concepts"]) > 1
    assert arrays[f"trained/{facts['layers'][0]}"].shape[1] == len(facts["concepts"])
    arrays, relevance = read_tensors(results / "relevance/tones/maps.safetensors")
    assert arrays["maps"].ndim == len(relevance["axes"]) == 3
    assert len(relevance["rows"]) == len(arrays["maps"]) > 0
    for told in (facts, relevance):
        assert told["network"].startswith("results/smoke/networks/")
        assert len(told["corpus"]["content_sha256"]) == 64 and told["seed"] == 0
