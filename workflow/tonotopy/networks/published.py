"""Published weights that a training can start from."""

from tonotopy.corpora.remote import Remote

# DeiT-base, distilled, ImageNet at 384 x 384 pixels (Touvron et al. 2021), Apache-2.0; the file's
# name ends with the first digits of its sha256
DEIT = "deit_base_distilled_patch16_384-d0272ac0.pth"
WEIGHTS = {
    DEIT: Remote(DEIT, f"https://dl.fbaipublicfiles.com/deit/{DEIT}", sha256="d0272ac0"),
}
