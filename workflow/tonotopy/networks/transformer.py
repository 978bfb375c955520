"""A network of transformers behind plain waveforms, with its own feature extractor inside."""

from functools import cache, partial
from typing import Any

import torch
from torch import Tensor, nn

from tonotopy.errors import InputError, nearest
from tonotopy.networks.layers import Layer
from tonotopy.networks.positions import Positions
from tonotopy.networks.transformer_kinds import KINDS
from tonotopy.networks.transformer_positions import positions, whisper_positions


class Transformer(nn.Module):
    """A network of one of the kinds of `transformer_kinds`, that hears mono waveforms.

    The feature extractor is the checkpoint's own and works on every clip by itself, on the
    processor: no gradient reaches the waveform. Hidden states pass by the modules ``hidden.0``
    (before the first block) to ``hidden.N``, where they are read and changed. Of what Whisper pads
    to 30 s these hold the positions of the clip alone.

    Attributes:
        differentiable: whether a gradient reaches the waveform.

    Args:
        kind: a key of `KINDS`.
        config: of the network, as config.json has it.
        hears: settings of the feature extractor, as preprocessor_config.json has them.
        classes: number of outputs whose names are known; the configuration decides how many.

    Raises:
        InputError: there is no such kind.
        ValueError: settings that transformers refuses.
    """

    differentiable = False

    def __init__(self, kind: str, config: dict, hears: dict, classes: int = 0):
        super().__init__()
        if kind not in KINDS:
            raise InputError(f"no kind '{kind}' of transformers{nearest(kind, KINDS)}")
        self.kind = KINDS[kind]
        self.model = _built(self.kind.network, config)
        self.extractor = extractor(hears)
        blocks = self.model.get_submodule(self.kind.blocks)
        self.hidden = nn.ModuleList(nn.Identity() for _ in range(len(blocks) + 1))
        self._heard: int | None = None
        blocks[0].register_forward_pre_hook(self._enter)
        last = self.model.get_submodule(self.kind.last) if self.kind.last else blocks[-1]
        leaving = [*blocks[:-1], last]
        for number, module in enumerate(leaving, start=1):
            module.register_forward_hook(partial(self._leave, number))

    @property
    def layers(self) -> dict[str, Layer]:
        """The hidden states, read at all positions."""
        return {f"hidden_{n}": Layer(f"hidden.{n}", "tokens") for n in range(len(self.hidden))}

    @property
    def rate(self) -> int:
        """Sampling rate in Hz that the feature extractor expects."""
        return self.extractor.sampling_rate

    @property
    def seen_through(self) -> dict | None:
        """Settings of the front end whose bands are those of the network's own spectrogram.

        None where positions hear all frequencies.
        """
        hears = self.extractor
        if self.kind.model_type == "audio-spectrogram-transformer":
            bands = self.model.config.num_mel_bins
            return {"kind": "kaldi", "mels": bands, "subtract_mean": False}
        if self.kind.model_type != "clap":
            return None
        shape = {"mels": hears.feature_size, "n_fft": hears.fft_window_size}
        shape |= {"low_hz": hears.frequency_min, "high_hz": hears.frequency_max}
        shape |= {"hop": hears.hop_length}
        if self.model.config.enable_fusion:  # whose bands are on HTK's scale
            return {
                "kind": "efficientat",
                "window": hears.fft_window_size,
                "pre_emphasis": 0.0,
                **shape,
            }
        return {"kind": "panns", **shape}

    def positions(self, path: str, number: int, samples: int) -> Positions | None:
        """Return where the positions of a layer lie in a clip.

        Args:
            path: of the layer's module.
            number: of its positions.
            samples: of the clip.

        Returns:
            None for what is no hidden state, and where it cannot be told.
        """
        if not path.startswith("hidden."):
            return None
        config = self.model.config
        return positions(self.kind.model_type, config, self.extractor, number, samples)

    def forward(self, waveforms: Tensor) -> Any:
        """Return what the network makes of waveforms.

        Args:
            waveforms: shape (clips, samples), in [-1, 1], at `rate`.

        Returns:
            The network's ModelOutput, in which classifiers have ``logits``.
        """
        inputs = self._inputs(waveforms)
        self._heard = None  # positions that a clip fills of those that it is padded to
        if self.kind.model_type == "whisper":
            samples = waveforms.shape[1]
            self._heard = whisper_positions(self.model.config, self.extractor, samples)
        return self.model(**inputs)

    def _inputs(self, waveforms: Tensor) -> dict[str, Tensor]:
        longest = self._longest()
        if longest is not None and waveforms.shape[1] > longest:
            _note_cut(self.kind.network, waveforms.shape[1] / self.rate, longest / self.rate)
            waveforms = waveforms[:, :longest]
        clips = list(waveforms.detach().float().cpu().numpy())
        more: dict[str, Any] = {}
        if self.kind.model_type == "clap":  # longer clips would be cut at random
            fused = self.model.config.enable_fusion
            more = {"truncation": "fusion" if fused else "rand_trunc"}
        told = self.extractor(clips, sampling_rate=self.rate, return_tensors="pt", **more)
        inputs = {self.kind.takes: told[self.kind.takes].float()}
        if self.kind.model_type == "clap":
            inputs["is_longer"] = torch.zeros(len(clips), 1, dtype=torch.bool)
        return {name: value.to(waveforms.device) for name, value in inputs.items()}

    def _longest(self) -> int | None:
        """Return the samples after which the feature extractor hears nothing, None without end."""
        if self.kind.model_type == "whisper":
            return self.extractor.n_samples
        if self.kind.model_type == "clap":
            return self.extractor.nb_max_samples
        if self.kind.model_type == "audio-spectrogram-transformer":
            hop, window = round(0.010 * self.rate), round(0.025 * self.rate)
            return window + hop * self.extractor.max_length - 1
        return None

    def _enter(self, module: nn.Module, args: tuple) -> tuple:
        return (self._passed(0, args[0]), *args[1:])

    def _leave(self, number: int, module: nn.Module, args: tuple, output: Any) -> Any:
        if isinstance(output, Tensor):
            return self._passed(number, output)
        return (self._passed(number, output[0]), *output[1:])

    def _passed(self, number: int, states: Tensor) -> Tensor:
        """Let hidden states (clips, positions, width) pass by their module, but for what is pad."""
        tap = self.hidden[number]
        if self._heard is None or self._heard >= states.shape[1]:
            return tap(states)
        return torch.cat([tap(states[:, : self._heard]), states[:, self._heard :]], dim=1)


def extractor(settings: dict) -> Any:
    """Return a feature extractor of transformers from its settings.

    Raises:
        ValueError: transformers has none of that name, or refuses the settings.
    """
    import transformers

    name = str(settings.get("feature_extractor_type"))
    if not name.endswith("FeatureExtractor") or not hasattr(transformers, name):
        raise ValueError(f"transformers has no feature extractor '{name}'")
    return getattr(transformers, name).from_dict(dict(settings))


def _built(name: str, config: dict) -> nn.Module:
    """Return a network of transformers with random weights."""
    import transformers
    from transformers.models.mimi.modeling_mimi import MimiEncoderModel
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    unlisted = {"MimiEncoderModel": MimiEncoderModel, "WhisperEncoder": WhisperEncoder}
    network = unlisted.get(name) or getattr(transformers, name)
    return network(network.config_class.from_dict(dict(config)))


@cache
def _note_cut(name: str, seconds: float, longest: float) -> None:
    print(f"note: {name} hears the first {longest:.4g} s of clips of {seconds:.4g} s", flush=True)
