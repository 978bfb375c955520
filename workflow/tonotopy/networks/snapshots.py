"""Where the snapshots of a training lie inside a network's folder."""

FOLDER = "snapshots"


def file_name(epoch: int) -> str:
    """Return the file of the weights after an epoch; 0 is before the first."""
    return f"epoch-{epoch:04d}.safetensors"


def relative_path(epoch: int) -> str:
    """Return where a snapshot lies inside the folder of its network."""
    return f"{FOLDER}/{file_name(epoch)}"
