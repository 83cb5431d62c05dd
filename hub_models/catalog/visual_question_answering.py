"""Checkpoints that answer questions about pictures: three ways of fusing both, trained by us, and two on the Hub."""

from hub_models.checkpoint import Checkpoint, Metric
from hub_models.preprocess import InputSpec

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

BUNDLED = (
    Checkpoint(
        id="vqa_bilinear.easy",
        task="visual-question-answering",
        title="VQA, bilinear",
        architecture="Bilinear fusion",
        year=2016,
        library="ours",
        source="bundled:vqa_bilinear.easy",
        model="vqa",
        sentence=(
            "Multiplies every number of the picture's vector "
            "by every number of the question's: all pairs are "
            "there to learn from."
        ),
        paper=(
            "Fukui, Park, Yang, Rohrbach, Darrell, Rohrbach: "
            "Multimodal Compact Bilinear Pooling for Visual "
            "Question Answering and Visual Grounding (2016)"
        ),
        weights_licence="Apache-2.0",
        data_licence="MIT",
        trained_on="easy-VQA (3,400 drawings of one shape each, 13 answers)",
        parameters=124_429,
        megabytes=0.1,
        input=InputSpec(
            size_hw=(64, 64),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="a6a40af4ab6105f79a0e1138dbfe68fb4aaf16c1f29b98ce4c6ec32933bfad09",
        recipe=(
            "python -m finetune.visual_question_answering_easy vqa-bilinear --output runs/vqa_bilinear.easy"
        ),
        deviations=(
            "regions are the 8 x 8 places of a small network "
            "trained with the rest, or those of an ImageNet "
            "network whose features are given; one step of "
            "co-attention instead of three; a GRU reads the "
            "words; vectors are short, so the bilinear fusion "
            "keeps its whole tensor and needs no "
            "approximation; some words are made unknown in "
            "training."
        ),
        metrics=(
            Metric(
                dataset="easy-VQA",
                split="dev",
                name="accuracy",
                value=0.999824,
                count=5680,
                low=0.999003,
                high=0.999969,
                baseline=0.664613,
                baseline_name="question only",
            ),
            Metric(
                dataset="easy-VQA",
                split="test",
                name="accuracy",
                value=1.0,
                count=9673,
                low=0.999603,
                high=1.0,
                baseline=0.668872,
                baseline_name="question only",
            ),
            Metric(
                dataset="easy-VQA",
                split="train",
                name="accuracy",
                value=1.0,
                count=2917,
                low=0.998685,
                high=1.0,
                baseline=0.364758,
                baseline_name="most frequent answer",
            ),
        ),
    ),
    Checkpoint(
        id="vqa_product.easy",
        task="visual-question-answering",
        title="VQA by product",
        architecture="Fusion by product",
        year=2015,
        library="ours",
        source="bundled:vqa_product.easy",
        model="vqa",
        sentence=(
            "Multiplies the vector of the picture and that of "
            "the question number by number: what both find "
            "large, stays."
        ),
        paper="Antol, Agrawal, Lu, Mitchell, Batra, Zitnick, Parikh: VQA: Visual Question Answering (2015)",
        weights_licence="Apache-2.0",
        data_licence="MIT",
        trained_on="easy-VQA (3,400 drawings of one shape each, 13 answers)",
        parameters=96_861,
        megabytes=0.08,
        input=InputSpec(
            size_hw=(64, 64),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="b288d34004ddd5c2d6bb3ddbf41edff5f16b6c39fd1bce0e1a250147f3a91387",
        recipe="python -m finetune.visual_question_answering_easy vqa-product --output runs/vqa_product.easy",
        deviations=(
            "regions are the 8 x 8 places of a small network "
            "trained with the rest, or those of an ImageNet "
            "network whose features are given; one step of "
            "co-attention instead of three; a GRU reads the "
            "words; vectors are short, so the bilinear fusion "
            "keeps its whole tensor and needs no "
            "approximation; some words are made unknown in "
            "training."
        ),
        metrics=(
            Metric(
                dataset="easy-VQA",
                split="dev",
                name="accuracy",
                value=0.943662,
                count=5680,
                low=0.93736,
                high=0.949364,
                baseline=0.664613,
                baseline_name="question only",
            ),
            Metric(
                dataset="easy-VQA",
                split="test",
                name="accuracy",
                value=0.943968,
                count=9673,
                low=0.939206,
                high=0.948377,
                baseline=0.668872,
                baseline_name="question only",
            ),
            Metric(
                dataset="easy-VQA",
                split="train",
                name="accuracy",
                value=0.943778,
                count=2917,
                low=0.93482,
                high=0.951568,
                baseline=0.364758,
                baseline_name="most frequent answer",
            ),
        ),
    ),
    Checkpoint(
        id="vqa_concatenation.easy",
        task="visual-question-answering",
        title="VQA by concatenation",
        architecture="Fusion by concatenation",
        year=2015,
        library="ours",
        source="bundled:vqa_concatenation.easy",
        model="vqa",
        sentence=(
            "Puts both vectors one behind the other; the layer after it must learn how they go together."
        ),
        paper="Antol, Agrawal, Lu, Mitchell, Batra, Zitnick, Parikh: VQA: Visual Question Answering (2015)",
        weights_licence="Apache-2.0",
        data_licence="MIT",
        trained_on="easy-VQA (3,400 drawings of one shape each, 13 answers)",
        parameters=100_957,
        megabytes=0.08,
        input=InputSpec(
            size_hw=(64, 64),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="dcf36f853d9b943d9c2a5f4c9020e5fb591a9ad6dc6b88d4bfe6c55246623f9d",
        recipe=(
            "python -m "
            "finetune.visual_question_answering_easy "
            "vqa-concatenation --output "
            "runs/vqa_concatenation.easy"
        ),
        deviations=(
            "regions are the 8 x 8 places of a small network "
            "trained with the rest, or those of an ImageNet "
            "network whose features are given; one step of "
            "co-attention instead of three; a GRU reads the "
            "words; vectors are short, so the bilinear fusion "
            "keeps its whole tensor and needs no "
            "approximation; some words are made unknown in "
            "training."
        ),
        metrics=(
            Metric(
                dataset="easy-VQA",
                split="dev",
                name="accuracy",
                value=0.934331,
                count=5680,
                low=0.927591,
                high=0.940484,
                baseline=0.664613,
                baseline_name="question only",
            ),
            Metric(
                dataset="easy-VQA",
                split="test",
                name="accuracy",
                value=0.935904,
                count=9673,
                low=0.930848,
                high=0.940614,
                baseline=0.668872,
                baseline_name="question only",
            ),
            Metric(
                dataset="easy-VQA",
                split="train",
                name="accuracy",
                value=0.934865,
                count=2917,
                low=0.925325,
                high=0.94326,
                baseline=0.364758,
                baseline_name="most frequent answer",
            ),
        ),
    ),
    Checkpoint(
        id="vqa_attention.flickr8k",
        task="visual-question-answering",
        title="VQA on photographs",
        architecture="Attention over regions",
        year=2015,
        library="ours",
        source="bundled:vqa_attention.flickr8k",
        model="vqa",
        sentence=(
            "Asks the 49 regions that an ImageNet network "
            "sees in a photograph, word by word; what it was "
            "taught are questions made from captions."
        ),
        paper="Antol, Agrawal, Lu, Mitchell, Batra, Zitnick, Parikh: VQA: Visual Question Answering (2015)",
        weights_licence="Apache-2.0",
        data_licence="non-commercial research and education; photographs belong to their authors",
        trained_on="Flickr8k questions (made from the captions of 621 photographs)",
        parameters=131_495,
        megabytes=0.1,
        sha256="b820a3d302df06ad7bc8cab144db30a13c1237811a30bf15d6da7dd319c48e7d",
        recipe=(
            "python -m "
            "finetune.visual_question_answering_flickr8k "
            "--data-dir DIR --output "
            "runs/vqa_attention.flickr8k"
        ),
        deviations=(
            "regions are the 8 x 8 places of a small network "
            "trained with the rest, or those of an ImageNet "
            "network whose features are given; one step of "
            "co-attention instead of three; a GRU reads the "
            "words; vectors are short, so the bilinear fusion "
            "keeps its whole tensor and needs no "
            "approximation; some words are made unknown in "
            "training."
        ),
        metrics=(
            Metric(
                dataset="Flickr8k questions",
                split="dev",
                name="accuracy",
                value=0.831261,
                count=563,
                low=0.798103,
                high=0.859929,
                baseline=0.497336,
                baseline_name="question only",
            ),
            Metric(
                dataset="Flickr8k questions",
                split="train",
                name="accuracy",
                value=0.9,
                count=930,
                low=0.879043,
                high=0.917666,
                baseline=0.478495,
                baseline_name="most frequent answer",
            ),
        ),
    ),
)

CHECKPOINTS = (*BUNDLED, *HUB)
