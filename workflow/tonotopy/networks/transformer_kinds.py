"""The kinds of networks from the hub of transformers that are known here, declared.

Nothing here needs torch: configurations are checked with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tonotopy.errors import InputError, nearest

WANTED = ["*.safetensors", "*.json"]  # files of a network; nothing that could be executed
HIDDEN = "hidden_states"  # what `layers` says for all of them


@dataclass(frozen=True)
class Kind:
    """How a kind of network is taken from a checkpoint, and where its hidden states are.

    Attributes:
        model_type: of config.json.
        network: class of transformers that is built of the configuration.
        holders: classes that are asked to open the checkpoint, one after the other, and the path of
            the network in them; empty for the whole.
        blocks: path of the blocks whose inputs and outputs are the hidden states.
        last: path of the module after them by which the last hidden state passes, if one does.
        takes: argument of its forward pass that the sound becomes.
        classifies: whether it has classes, which its configuration names.
        patches: whether its hidden states lie on a grid of a spectrogram that it makes inside.
    """

    model_type: str
    network: str
    holders: tuple[tuple[str, str], ...]
    blocks: str
    last: str = ""
    takes: str = "input_values"
    classifies: bool = False
    patches: bool = False


def _speech(model_type: str, network: str) -> Kind:
    return Kind(model_type, network, ((network, ""),), "encoder.layers")


KINDS = {
    "ASTModel": Kind(
        "audio-spectrogram-transformer",
        "ASTModel",
        (("ASTModel", ""),),
        blocks="layers",
        patches=True,
    ),
    "ASTForAudioClassification": Kind(
        "audio-spectrogram-transformer",
        "ASTForAudioClassification",
        (("ASTForAudioClassification", ""),),
        blocks="audio_spectrogram_transformer.layers",
        classifies=True,
        patches=True,
    ),
    "ClapAudioModel": Kind(
        "clap",
        "ClapAudioModel",
        (("ClapModel", "audio_model"), ("ClapAudioModel", "")),
        blocks="audio_encoder.layers",
        takes="input_features",
        patches=True,
    ),
    "WhisperEncoder": Kind(
        "whisper",
        "WhisperEncoder",
        (("WhisperModel", "encoder"), ("WhisperEncoder", "")),
        blocks="layers",
        last="layer_norm",
        takes="input_features",
    ),
    "HubertModel": _speech("hubert", "HubertModel"),
    "WavLMModel": _speech("wavlm", "WavLMModel"),
    "Wav2Vec2Model": _speech("wav2vec2", "Wav2Vec2Model"),
    "Data2VecAudioModel": _speech("data2vec-audio", "Data2VecAudioModel"),
    "MimiModel": Kind(
        "mimi", "MimiEncoderModel", (("MimiModel", "encoder"),), "encoder_transformer.layers"
    ),
}


def check_layers(entry: Mapping, key: str) -> bool:
    """Return whether an entry's layers are hidden states: all, or a list of their names.

    Args:
        entry: of a network by its name on the hub.
        key: of the entry, for messages.

    Raises:
        InputError: they are words, but no names of hidden states.
    """
    layers = entry.get("layers", HIDDEN)
    if isinstance(layers, str):
        if layers != HIDDEN:
            raise InputError(f"{key}.layers: '{layers}' is not possible{nearest(layers, [HIDDEN])}")
        return True
    if not isinstance(layers, list) or not all(isinstance(name, str) for name in layers):
        return False
    for name in layers:
        if not name.startswith("hidden_") or not name.removeprefix("hidden_").isdecimal():
            raise InputError(
                f"{key}.layers: '{name}' is no hidden state: they are called hidden_0, …"
            )
    if not layers or len(set(layers)) < len(layers):
        raise InputError(f"{key}.layers: expected different hidden states, such as [hidden_0]")
    return True


def snapshot_name(entry: Mapping) -> str:
    """Return the name of the folder of an entry's files among the downloads."""
    return f"{entry['transformers']}--{entry['revision']}".replace("/", "--")


def mirrored_folders(entry: Mapping, mirror: str) -> list[Path]:
    """Return the folders of a mirror in which an entry's files are looked for, in this order."""
    flat = entry["transformers"].replace("/", "--")
    root, revision = Path(mirror), entry["revision"]
    return [
        root / snapshot_name(entry),
        root / f"models--{flat}" / "snapshots" / revision,  # as the hub's own cache is laid out
        root / entry["transformers"],
        root / flat,
    ]
