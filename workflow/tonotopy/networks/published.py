"""Published weights, declared: what a training can start from and what can be studied as it is.

Nothing here needs torch; `tonotopy.networks.publishing` turns a file into a bundle.
"""

from dataclasses import dataclass, field

from tonotopy.corpora.audioset.classes import class_names
from tonotopy.corpora.remote import Remote
from tonotopy.frontends.domains import DEFAULT

# DeiT-base, distilled, ImageNet at 384 x 384 pixels (Touvron et al. 2021), Apache-2.0; the file's
# name ends with the first digits of its sha256
DEIT = "deit_base_distilled_patch16_384-d0272ac0.pth"
INITIAL = {
    "deit": Remote(
        DEIT,
        (f"https://dl.fbaipublicfiles.com/deit/{DEIT}",),
        "sha256:d0272ac0",
        approximate_bytes=350_000_000,
    ),
}
AUDIOSET = tuple(class_names())
HUB = "https://huggingface.co/{id}/resolve/{revision}/{file}"


# of bert-base-uncased (Apache-2.0), with which CLAP's text encoder reads; the checksum is pinned by
# many public repositories
VOCABULARY = Remote(
    "bert-base-uncased-vocab.txt",
    (HUB.format(id="google-bert/bert-base-uncased", revision="main", file="vocab.txt"),),
    "sha256:07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    bytes=231_508,
)


@dataclass(frozen=True)
class Published:
    """A trained network that others published.

    Attributes:
        architecture: name in `tonotopy.networks.registry`.
        front_end: settings for `tonotopy.frontends.registry.build`.
        remote: the weights' file.
        citation: whom to cite.
        licence: of the weights, as far as it is known.
        arguments: of the architecture.
        classes: names of its outputs, in their order; empty without classes.
        seconds: length of the clips that it was trained on; None where any length will do.
        vocabulary: word pieces of the text encoder that the same file holds; None without one.
        text: sizes of that encoder's BERT where they are not bert-base's.
    """

    architecture: str
    front_end: dict
    remote: Remote
    citation: str
    licence: str
    arguments: dict = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    seconds: float | None = None
    vocabulary: Remote | None = None
    text: dict = field(default_factory=dict)


# sizes that are called approximate are four bytes for each of the file's parameters
PUBLISHED = {
    # the file's name ends with the first digits of its sha256
    "vggish": Published(
        architecture="vggish",
        front_end={"kind": "vggish"},
        remote=Remote(
            "vggish-10086976.pth",
            (
                "https://github.com/harritaylor/torchvggish/releases/download/v0.1/"
                "vggish-10086976.pth",
            ),
            "sha256:10086976",
            approximate_bytes=289_000_000,
        ),
        citation="Hershey et al., CNN architectures for large-scale audio classification, "
        "ICASSP 2017; converted to torch by H. Taylor (torchvggish)",
        licence="Apache-2.0",
        seconds=0.96,
    ),
    # unverified: no revision and no checksum are published where this could be looked up
    "clap": Published(
        architecture="cnn14",
        arguments={"projection": 1024},
        front_end={"kind": "panns", "seconds": 5.0},  # msclap repeats shorter clips to 5 s
        remote=Remote(
            "CLAP_weights_2022.pth",
            (
                HUB.format(id="microsoft/msclap", revision="main", file="CLAP_weights_2022.pth"),
                "https://zenodo.org/records/8378278/files/CLAP_weights_2022.pth?download=1",
            ),
            approximate_bytes=780_000_000,
        ),
        citation="Elizalde et al., CLAP: learning audio concepts from natural language "
        "supervision, ICASSP 2023; Kong et al., PANNs: large-scale pretrained audio neural "
        "networks for audio pattern recognition, IEEE/ACM TASLP 28, 2020",
        licence="MIT (code); the licence of the weights is unverified",
        seconds=5.0,
        vocabulary=VOCABULARY,
    ),
    # unverified: no checksum is published
    "mobilenet": Published(
        architecture="mobilenet",
        arguments={"width_mult": 4.0, "classes": 527},
        front_end={"kind": "efficientat"},
        remote=Remote(
            "mn40_as_mAP_484.pt",
            (
                "https://github.com/fschmid56/EfficientAT/releases/download/v0.0.1/"
                "mn40_as_mAP_484.pt",
            ),
            approximate_bytes=274_000_000,
        ),
        citation="Schmid et al., Efficient large-scale audio tagging via transformer-to-CNN "
        "knowledge distillation, ICASSP 2023",
        licence="MIT",
        classes=AUDIOSET,
        seconds=10.0,
    ),
    # revision, sha256 and size as several public repositories pin them
    "ast_audioset": Published(
        architecture="ast",
        arguments={"classes": 527, "norm_eps": 1e-12},
        front_end={"kind": "kaldi"},
        remote=Remote(
            "ast-finetuned-audioset-10-10-0.4593.safetensors",
            (
                HUB.format(
                    id="MIT/ast-finetuned-audioset-10-10-0.4593",
                    revision="f826b80d28226b62986cc218e5cec390b1096902",
                    file="model.safetensors",
                ),
            ),
            "sha256:ae0c1e2ad4e1381d851fa9bf298ba13ebc9c5a914cdee2dbe427a6583869924d",
            bytes=346_404_948,
        ),
        citation="Gong, Chung and Glass, AST: audio spectrogram transformer, Interspeech 2021",
        licence="BSD-3-Clause",
        classes=AUDIOSET,
        seconds=10.24,
    ),
    # revision as several public repositories pin it; the sha256 is from one of them alone
    "encodec": Published(
        architecture="codec",
        front_end={"kind": "waveform", "rate": 24000},
        remote=Remote(
            "encodec_24khz.safetensors",
            (
                HUB.format(
                    id="facebook/encodec_24khz",
                    revision="c1dbe2ae3f1de713481a3b3e7c47f357092ee040",
                    file="model.safetensors",
                ),
            ),
            "sha256:37a7cb100f71a29e6c1d815aca8666a1d7ea8885ebe44c306c751a5103559d57",
            approximate_bytes=93_000_000,
        ),
        citation="Défossez et al., High fidelity neural audio compression, TMLR 2023",
        licence="MIT (code); the licence of the weights is unverified",
    ),
}
# every file of weights by its name
REMOTES = {
    remote.file: remote
    for remote in (
        *INITIAL.values(),
        *(network.remote for network in PUBLISHED.values()),
        *(network.vocabulary for network in PUBLISHED.values() if network.vocabulary),
    )
}


def front_end_settings(entry: dict) -> dict:
    """Return the settings of the front end that a network of config.yaml hears through.

    Args:
        entry: below ``networks``; what it publishes is known to be declared.
    """
    if "transformers" in entry:
        return {"kind": "waveform"}  # at the rate that its feature extractor says
    published = PUBLISHED[entry["published"]].front_end if "published" in entry else {}
    return entry.get("front_end") or published


def front_end_kind(entry: dict) -> str:
    """Return the kind of the front end of an entry, see `front_end_settings`."""
    return front_end_settings(entry).get("kind", DEFAULT)
