"""Stages: the layers that a study compares, named alike across architectures."""

from torch import Tensor

from tonotopy.errors import InputError, nearest


class Staged:
    """Mixin of networks whose layers are studied.

    A network defines ``stages``; it overrides `vector` where a layer's output is more than its
    representation of the clip.
    """

    @property
    def stages(self) -> dict[str, str]:
        """Name in the study -> path of the module whose output is meant, from input to output."""
        raise NotImplementedError(f"{type(self).__name__} declares no stages")

    @property
    def layers(self) -> list[str]:
        """Paths of the stages' modules, in order, for `tonotopy.activations`."""
        return list(self.stages.values())

    def vector(self, stage: str, output: Tensor, clips: int) -> Tensor:
        """Return one vector per clip from the output of a stage's module.

        By default everything is kept: the output is flattened. Where a network folds the chunks of
        a clip into the batch, clip by clip, the vector is the concatenation over its chunks.

        Args:
            stage: a key of ``stages``.
            output: what the module gave, shape (clips or clips * chunks, ...).
            clips: number of clips in the batch.

        Returns:
            Shape (clips, dims).

        Raises:
            InputError: the network has no such stage, or the batch is no multiple of the clips.
        """
        self._check(stage, output, clips)
        return output.reshape(clips, -1)

    def _check(self, stage: str, output: Tensor, clips: int) -> None:
        if stage not in self.stages:
            raise InputError(
                f"{type(self).__name__} has no stage '{stage}'{nearest(stage, self.stages)}"
            )
        if clips < 1 or len(output) % clips:
            raise InputError(f"stage '{stage}': a batch of {len(output)} is not {clips} clips")
