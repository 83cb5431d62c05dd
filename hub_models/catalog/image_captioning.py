"""Networks that describe pictures."""

from hub_models.checkpoint import Checkpoint

TASK = "image-captioning"

HUB = (
    Checkpoint(
        id="blip_large.coco",
        task=TASK,
        title="BLIP, large",
        architecture="BLIP",
        year=2022,
        library="transformers",
        source="hub:Salesforce/blip-image-captioning-large",
        model="BlipForConditionalGeneration",
        sentence="A Vision Transformer sees, a text Transformer looks at all patches before each piece of a word; taught "
        "with captions of the web that a second network cleaned.",
        paper="Li, Li, Xiong, Hoi: BLIP: Bootstrapping Language-Image Pre-training for Unified Vision-Language "
        "Understanding and Generation (2022)",
        weights_licence="BSD-3-Clause",
        data_licence="COCO: captions CC BY 4.0, photographs of their authors; pretraining on pictures of the web",
        trained_on="COCO captions (after pretraining on 129 million pictures with texts)",
        parameters=446_290_492,
        megabytes=1_880.0,
    ),
    Checkpoint(
        id="git_base.web",
        task=TASK,
        title="GIT, base",
        architecture="GIT",
        year=2022,
        library="transformers",
        source="hub:microsoft/git-base",
        model="GitForCausalLM",
        sentence="One Transformer reads the patches of the picture and then the words as one sequence, and guesses what "
        "comes next: captioning as language modelling.",
        paper="Wang, Yang, Hu, Li, Lin, Gan, Liu, Liu, Wang: GIT: A Generative Image-to-text Transformer for Vision and "
        "Language (2022)",
        weights_licence="MIT",
        data_licence="a mixture of captions of the web, COCO and Visual Genome; see the card of the model",
        trained_on="COCO, Visual Genome, SBU, Conceptual Captions (10 million pictures with texts)",
        parameters=176_619_066,
        megabytes=707.0,
    ),
)  # fmt: skip

BUNDLED: tuple[Checkpoint, ...] = ()

CHECKPOINTS = (*BUNDLED, *HUB)
