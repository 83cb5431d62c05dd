"""Checkpoints that answer questions about pictures: three ways of fusing both, trained by us, and two on the Hub."""

from hub_models.checkpoint import Checkpoint

TASK = "visual-question-answering"

HUB = (
    Checkpoint(
        id="vilt_b32.vqa2",
        task=TASK,
        title="ViLT",
        architecture="Transformer",
        year=2021,
        library="transformers",
        source="hub:dandelin/vilt-b32-finetuned-vqa",
        model="AutoModelForVisualQuestionAnswering",
        sentence="One Transformer reads pieces of the picture and of the question side by side, without a convolution, "
        "and chooses one of 3,129 answers.",
        paper="Kim, Son, Kim: ViLT: Vision-and-Language Transformer Without Convolution or Region Supervision (2021)",
        weights_licence="Apache-2.0",
        data_licence="CC BY 4.0 (questions and answers); the photographs belong to their authors",
        trained_on="VQA v2 (questions about photographs of COCO)",
        parameters=117_588_537,
        megabytes=470.4,
    ),
    Checkpoint(
        id="blip_base.vqa2",
        task=TASK,
        title="BLIP",
        architecture="Transformer",
        year=2022,
        library="transformers",
        source="hub:Salesforce/blip-vqa-base",
        model="BlipForQuestionAnswering",
        sentence="Learned to describe and to match millions of pictures first; it writes its answer instead of choosing "
        "from a list.",
        paper="Li, Li, Xiong, Hoi: BLIP: Bootstrapping Language-Image Pre-training for Unified Vision-Language "
        "Understanding and Generation (2022)",
        weights_licence="BSD-3-Clause",
        data_licence="CC BY 4.0 (questions and answers); the photographs belong to their authors",
        trained_on="VQA v2 (questions about photographs of COCO)",
        parameters=361_230_140,
        megabytes=1_538.8,
    ),
)

BUNDLED = ()

CHECKPOINTS = (*BUNDLED, *HUB)
