"""Networks of transformers: fetched by name and revision, and taken into the workflow."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tonotopy.corpora.download import sha256_of
from tonotopy.errors import InputError
from tonotopy.files import read_json, replacing
from tonotopy.frontends import registry as front_ends
from tonotopy.networks.adoption import TRIED, try_out
from tonotopy.networks.bundle import save
from tonotopy.networks.fitting import listed
from tonotopy.networks.layers import Layer, describe, module_at, parse
from tonotopy.networks.registry import build
from tonotopy.networks.transformer_kinds import (
    KINDS,
    WANTED,
    check_layers,
    mirrored_folders,
    snapshot_name,
)

UNWANTED = ["*/*"]  # other forms of the same network
UNUSED = ("masked_spec_embed",)  # weights that only training asks for
NEEDED = "config.json, preprocessor_config.json and *.safetensors"


def fetch(entry: Mapping, target: Path, mirror: str | None = None) -> None:
    """Fetch the files of a network from the hub, or copy them from a mirror; nothing is executed.

    Args:
        entry: with ``transformers`` (its name on the hub) and ``revision``.
        target: folder that they are put in, whole or not at all.
        mirror: folder that is looked into first, see `transformer_kinds.mirrored_folders`.

    Raises:
        InputError: there is no such network or revision, none of its weights are safetensors, or
            the hub cannot be reached.
    """
    if mirror is not None:
        folders = mirrored_folders(entry, mirror)
        found = next((folder for folder in folders if (folder / "config.json").is_file()), None)
        if found is not None:
            print(f"note: {entry['transformers']} is taken from {found}")
            _place(found, target, entry)
            return
    part = target.with_name(f"{target.name}.part")  # kept after an error, to go on from there
    _download(entry, part)
    _place(part, target, entry)
    shutil.rmtree(part)


def adopt_transformer(
    entry: Mapping, files: str | Path, folder: str | Path, seconds: float = TRIED
) -> None:
    """Write the bundle of a network of transformers, whole or not at all.

    Args:
        entry: of config.yaml, with its kind.
        files: folder that has the network's configuration, feature extractor and weights.
        folder: of the bundle.
        seconds: length of the sounds that it is tried on.

    Raises:
        InputError: the files are not those of such a network, or a layer is not there.
    """
    files, kind = Path(files), KINDS[entry["kind"]]
    _check_kind(files, entry)
    hears = _feature_extractor(files)
    network, config = _opened(files, entry)
    arguments = {"kind": entry["kind"], "config": config, "hears": hears}
    front_end = front_ends.build({"kind": "waveform", "rate": hears["sampling_rate"]})
    classes = _classes(config) if kind.classifies else []
    built = build("transformer", arguments, front_end.settings, len(classes)).eval()
    built.model.load_state_dict(network.state_dict())
    layers = _layers(built, entry)
    try_out(built, front_end, layers, seconds, entry["transformers"])
    info = {
        "architecture": "transformer",
        "arguments": arguments,
        "classes": classes,
        "layers": describe(layers),
        "trained": True,
        "transformers": {
            "name": entry["transformers"],
            "revision": entry["revision"],
            "kind": entry["kind"],
            "sha256": {p.name: sha256_of(p) for p in sorted(files.glob("*.safetensors"))},
        },
    }
    save(folder, built, front_end, info)


def _download(entry: Mapping, part: Path) -> None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()  # logs would keep every state of theirs
    name, revision = entry["transformers"], entry["revision"]
    try:
        snapshot_download(
            name,
            revision=revision,
            local_dir=part,
            allow_patterns=WANTED,
            ignore_patterns=UNWANTED,
        )
    except Exception as error:  # of several libraries, on several layers
        told = str(error).strip().partition("\n")[0]
        if type(error).__name__ in ("RepositoryNotFoundError", "RevisionNotFoundError"):
            raise InputError(
                f"{name}: the hub has no such network, or not at revision '{revision}' (or it asks "
                f"for a token): look at https://huggingface.co/{name} ({told})"
            ) from error
        raise InputError(
            f"{name}: could not be fetched ({type(error).__name__}: {told}): run again to go on, "
            f"put its {NEEDED} into a folder '{snapshot_name(entry)}' of the mirror, or name a "
            "folder that has them as 'path' of the network's entry"
        ) from error


def _place(source: Path, target: Path, entry: Mapping) -> None:
    if not list(source.glob("*.safetensors")):
        raise InputError(
            f"{entry['transformers']}: has no weights as safetensors at revision "
            f"'{entry['revision']}' (looked in {source}): choose a revision that has them"
        )
    with replacing(target) as draft:
        draft.mkdir()
        for file in (file for end in WANTED for file in sorted(source.glob(end))):
            shutil.copyfile(file, draft / file.name)


def _check_kind(files: Path, entry: Mapping) -> None:
    kind = KINDS[entry["kind"]]
    if not files.is_dir():
        raise InputError(f"{entry['transformers']}: path: no folder '{files}'")
    for needed in ("config.json", "preprocessor_config.json"):
        if not (files / needed).is_file() and not (files / "processor_config.json").is_file():
            raise InputError(f"{files}: has no {needed}; needed are {NEEDED}")
    if not list(files.glob("*.safetensors")):
        raise InputError(f"{files}: has no weights as safetensors; needed are {NEEDED}")
    found = read_json(files / "config.json").get("model_type")
    if found not in (kind.model_type, f"{kind.model_type}_audio_model"):
        fitting = [name for name, known in KINDS.items() if known.model_type == found]
        raise InputError(
            f"{files}: holds a network of type '{found}', which is no {entry['kind']} "
            f"('{kind.model_type}')" + (f": its kind is {' or '.join(fitting)}" if fitting else "")
        )


def _feature_extractor(files: Path) -> dict:
    from transformers import AutoFeatureExtractor

    try:
        found = AutoFeatureExtractor.from_pretrained(
            files, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        told = str(error).partition("\n")[0]
        raise InputError(f"{files}: has no feature extractor of transformers ({told})") from error
    return json.loads(found.to_json_string())


def _opened(files: Path, entry: Mapping) -> tuple[nn.Module, dict]:
    """Return the network with its weights in float32, and its configuration."""
    kind, missing = KINDS[entry["kind"]], []
    for holder, path in kind.holders:
        whole, told = _loaded(files, holder)
        lacks = [key for key in told["missing_keys"] if key.startswith(f"{path}." if path else "")]
        lacks = [key for key in lacks if key.rpartition(".")[2] not in UNUSED]
        wrong = [str(key) for key in told["mismatched_keys"]]
        if not lacks and not wrong:
            unread = sorted(told["unexpected_keys"])
            if unread:
                print(f"note: {files}: weights that a {entry['kind']} has not: {listed(unread)}")
            network = whole.get_submodule(path) if path else whole
            return network.eval(), json.loads(network.config.to_json_string(use_diff=False))
        missing = missing or lacks or wrong
    raise InputError(
        f"{files}: its weights are not those of a {entry['kind']}: {listed(sorted(missing))} "
        "missing or of another shape"
    )


def _loaded(files: Path, holder: str) -> tuple[nn.Module, dict[str, Any]]:
    import transformers
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()  # what it would report is told by `_opened`
    network = {"WhisperEncoder": WhisperEncoder}.get(holder) or getattr(transformers, holder)
    try:
        return network.from_pretrained(
            files,
            use_safetensors=True,
            local_files_only=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except Exception as error:  # of several libraries
        told = " ".join(str(error).split())[:300]
        raise InputError(f"{files}: cannot be opened as a {holder} ({told})") from error


def _classes(config: dict) -> list[str]:
    """Return the names of the outputs, in their order."""
    names = config.get("id2label") or {}
    return [str(names[key]) for key in sorted(names, key=int)]


def _layers(network: nn.Module, entry: Mapping) -> dict[str, Layer]:
    known, key = network.layers, f"{entry['transformers']}.layers"
    if not check_layers(entry, entry["transformers"]):
        layers = parse(entry["layers"], key)
        for layer in layers.values():
            module_at(network, layer.path)
        return layers
    names = entry["layers"] if isinstance(entry.get("layers"), list) else list(known)
    for name in names:
        if name not in known:
            raise InputError(f"{key}: there is no '{name}', the last is '{list(known)[-1]}'")
    return {name: known[name] for name in names}
