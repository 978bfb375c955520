"""Weights that are kept from chosen epochs, to see how a network comes to know what it knows."""

from pathlib import Path

import lightning
from safetensors.torch import save_file
from torch import nn

from tonotopy.files import replacing
from tonotopy.networks.snapshots import FOLDER, file_name


class Snapshots(lightning.Callback):
    """Write the network's weights after chosen epochs, before the epoch's checkpoint is written.

    A checkpoint of an epoch is therefore never there without the snapshots up to that epoch, and a
    training that goes on from it ends with all of them.

    Args:
        checkpoints: folder of the checkpoints; snapshots lie in a folder inside it.
        epochs: numbers of epochs that are over; 0 for before the first.
    """

    def __init__(self, checkpoints: Path, epochs: tuple[int, ...]):
        self._folder, self._epochs = checkpoints / FOLDER, epochs

    def on_train_start(self, trainer, module) -> None:
        if trainer.global_step == 0:
            self._keep(trainer, module.network, 0)

    def on_train_epoch_end(self, trainer, module) -> None:
        self._keep(trainer, module.network, trainer.current_epoch + 1)

    def _keep(self, trainer, network: nn.Module, epoch: int) -> None:
        if trainer.is_global_zero and epoch in self._epochs:
            weights = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
            with replacing(self._folder / file_name(epoch), checksums=False) as draft:
                save_file(weights, draft)


def missing(checkpoints: Path, epochs: tuple[int, ...], over: int) -> Path | None:
    """Return a snapshot that should be there after ``over`` epochs and is not, None if all are."""
    files = (checkpoints / FOLDER / file_name(epoch) for epoch in epochs if epoch <= over)
    return next((file for file in files if not file.is_file()), None)
