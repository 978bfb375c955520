"""Checkpoints of transformers' networks as the hub has them, tiny and random, made on the spot."""

from pathlib import Path

import torch
import transformers as t
from torch import nn

from tonotopy.networks.bundle import Bundle, load
from tonotopy.networks.transformer_files import adopt_transformer

SPEECH = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "conv_dim": (8, 8),
    "conv_stride": (8, 4),
    "conv_kernel": (16, 8),
    "num_feat_extract_layers": 2,
    "num_conv_pos_embeddings": 4,
    "num_conv_pos_embedding_groups": 2,
}
AST = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "patch_size": 8,
    "frequency_stride": 8,
    "time_stride": 8,
    "num_mel_bins": 16,
    "max_length": 40,
}
HTSAT = {
    "window_size": 4,
    "num_mel_bins": 16,
    "spec_size": 64,
    "patch_size": 4,
    "patch_stride": [4, 4],
    "patch_embeds_hidden_size": 8,
    "hidden_size": 16,
    "projection_dim": 8,
    "depths": [1, 1],
    "num_attention_heads": [2, 2],
    "num_hidden_layers": 2,
}
TEXT = {
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 8,
    "vocab_size": 30,
}
WHISPER = {
    "d_model": 16,
    "encoder_layers": 2,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 24,
    "decoder_ffn_dim": 24,
    "num_mel_bins": 16,
    "max_source_positions": 100,
    "vocab_size": 40,
    "pad_token_id": 1,
    "bos_token_id": 2,
    "eos_token_id": 3,
    "decoder_start_token_id": 2,
}
MIMI = {
    "hidden_size": 16,
    "num_filters": 4,
    "upsampling_ratios": [4, 4],
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "intermediate_size": 24,
    "codebook_size": 16,
    "codebook_dim": 8,
    "vector_quantization_hidden_dimension": 8,
    "num_quantizers": 2,
    "upsample_groups": 16,
    "sampling_rate": 8000,
}
GENRES = ["blues", "classical", "country", "disco", "hiphop", "metal", "pop", "reggae"]
LABELS = ["rock", "jazz", "bird", *GENRES]  # those of the planted world, and a bird


def _htsat(fused: bool) -> t.ClapConfig:
    audio = {**HTSAT, "enable_fusion": fused}
    return t.ClapConfig(text_config=TEXT, audio_config=audio, projection_dim=8)


def _clap_hears(fused: bool) -> t.ClapFeatureExtractor:
    return t.ClapFeatureExtractor(
        feature_size=16,
        sampling_rate=8000,
        hop_length=80,
        max_length_s=2,
        fft_window_size=256,
        frequency_max=4000,
        truncation="fusion" if fused else "rand_trunc",
    )


def _speech_hears() -> t.Wav2Vec2FeatureExtractor:
    return t.Wav2Vec2FeatureExtractor(sampling_rate=8000, do_normalize=True)


def _stable() -> dict:
    return {**SPEECH, "do_stable_layer_norm": True, "feat_extract_norm": "layer"}


# name -> kind, what is saved as it lies on the hub, and its feature extractor
CHECKPOINTS = {
    "ast": ("ASTModel", lambda: t.ASTModel(t.ASTConfig(**AST)), "ast"),
    "ast of a classifier": (
        "ASTModel",
        lambda: t.ASTForAudioClassification(t.ASTConfig(**AST, id2label=dict(enumerate(LABELS)))),
        "ast",
    ),
    "classifier": (
        "ASTForAudioClassification",
        lambda: t.ASTForAudioClassification(t.ASTConfig(**AST, id2label=dict(enumerate(LABELS)))),
        "ast",
    ),
    "clap": ("ClapAudioModel", lambda: t.ClapModel(_htsat(False)), "clap"),
    "clap, fused": ("ClapAudioModel", lambda: t.ClapModel(_htsat(True)), "clap, fused"),
    "whisper": (
        "WhisperEncoder",
        lambda: t.WhisperForConditionalGeneration(t.WhisperConfig(**WHISPER)),
        "whisper",
    ),
    "whisper without a head": (
        "WhisperEncoder",
        lambda: t.WhisperModel(t.WhisperConfig(**WHISPER)),
        "whisper",
    ),
    "hubert": ("HubertModel", lambda: t.HubertModel(t.HubertConfig(**SPEECH)), "speech"),
    "hubert, stable": (
        "HubertModel",
        lambda: t.HubertForCTC(t.HubertConfig(**_stable())),
        "speech",
    ),
    "wavlm": ("WavLMModel", lambda: t.WavLMModel(t.WavLMConfig(**SPEECH)), "speech"),
    "wavlm, stable": ("WavLMModel", lambda: t.WavLMModel(t.WavLMConfig(**_stable())), "speech"),
    "wav2vec2": ("Wav2Vec2Model", lambda: t.Wav2Vec2Model(t.Wav2Vec2Config(**SPEECH)), "speech"),
    "wav2vec2, stable": (
        "Wav2Vec2Model",
        lambda: t.Wav2Vec2ForCTC(t.Wav2Vec2Config(**_stable())),
        "speech",
    ),
    "data2vec": (
        "Data2VecAudioModel",
        lambda: t.Data2VecAudioModel(t.Data2VecAudioConfig(**SPEECH)),
        "speech",
    ),
    "mimi": ("MimiModel", lambda: t.MimiModel(t.MimiConfig(**MIMI)), "mimi"),
}
EXTRACTORS = {
    "ast": lambda: t.ASTFeatureExtractor(sampling_rate=8000, num_mel_bins=16, max_length=40),
    "clap": lambda: _clap_hears(False),
    "clap, fused": lambda: _clap_hears(True),
    "whisper": lambda: t.WhisperFeatureExtractor(
        feature_size=16, sampling_rate=8000, hop_length=80, chunk_length=2, n_fft=200
    ),
    "speech": _speech_hears,
    "mimi": lambda: t.EncodecFeatureExtractor(sampling_rate=8000),
}


def checkpoint(name: str, folder: Path) -> tuple[dict, nn.Module]:
    """Write a checkpoint; return the entry that names it, and the network as it was saved."""
    kind, made, hears = CHECKPOINTS[name]
    torch.manual_seed(0)
    network = made().eval()
    for parameter in network.parameters():  # so strong that clips are told apart
        if parameter.ndim > 1:
            nn.init.normal_(parameter, 0, 0.2)
    network.save_pretrained(folder)
    EXTRACTORS[hears]().save_pretrained(folder)
    entry = {"transformers": f"someone/{folder.name}", "revision": "v1", "kind": kind}
    return {**entry, "path": str(folder)}, network


def adopted(name: str, folder: Path) -> tuple[Bundle, nn.Module, dict]:
    """Return a checkpoint as a bundle, the network as it was saved, and its entry."""
    entry, network = checkpoint(name, folder / "files")
    adopt_transformer(entry, folder / "files", folder / "bundle")
    return load(folder / "bundle"), network, entry
