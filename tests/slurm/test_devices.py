"""A training on several devices, as one SLURM task for each."""

import yaml

TWO = {"scale": "two", "networks": {"genre_ast": {"training": {"devices": 2}}}}
AS_TASKS = ("train_network:mpi=srun", "train_network:tasks_per_node=2", "train_network:mem_mb=6000")
NETWORK = "results/two/networks/genre_ast"


def test_two_devices_are_two_tasks_that_train_one_network(cluster, project):
    (project.path / "two.yaml").write_text(yaml.safe_dump(TWO))
    run = project.start(
        "--set-resources", *AS_TASKS, overlays=("quick.yaml", "two.yaml"), targets=(NETWORK,)
    )
    assert run.wait(timeout=450) == 0, project.told[-8000:]
    job = cluster.of("train_network")[-1]
    assert (job["JobState"], job["NumTasks"]) == ("COMPLETED", "2")
    log = (project.path / "results/two/logs/train_network/genre_ast.log").read_text()
    assert all(f"process {number} of 2, started by srun" in log for number in (1, 2))
    assert (project.path / NETWORK / "weights.safetensors").is_file()
