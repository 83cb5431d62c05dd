"""Networks that describe pictures."""

from hub_models.checkpoint import Checkpoint, Metric

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

BUNDLED: tuple[Checkpoint, ...] = (
    Checkpoint(
        id="caption_attention.flickr8k",
        task="image-captioning",
        title="CNN and LSTM with attention",
        architecture="CNN and LSTM with attention",
        year=2015,
        library="ours",
        source="bundled:caption_attention.flickr8k",
        model="caption_attention",
        sentence=(
            "Before each word the LSTM asks which of 49 regions matters now: where it looks can be seen."
        ),
        paper=(
            "Xu, Ba, Kiros, Cho, Courville, Salakhutdinov, "
            "Zemel, Bengio: Show, Attend and Tell: Neural "
            "Image Caption Generation with Visual Attention "
            "(2015)"
        ),
        weights_licence="Apache-2.0",
        data_licence=(
            "Flickr8k: non-commercial research and education; the photographs belong to their authors"
        ),
        trained_on=(
            "Flickr8k (663 photographs with 5 captions each, and captions of 7,091 others without these)"
        ),
        parameters=958_296,
        megabytes=0.76,
        sha256="ac0ac6e825b4b92ddcfb2f5682fbf4654e330a168d979e39490b843fede3ff06",
        recipe=(
            "python -m finetune.image_captioning_flickr8k "
            "caption-attention --data-dir DIR --output "
            "runs/caption_attention.flickr8k"
        ),
        deviations=(
            "a region is scored by a dot product, as in the "
            "lecture, where the paper has a small network; "
            "EfficientNet-Lite0 in place of VGG, frozen, with "
            "7 x 7 regions in place of 14 x 14, each made "
            "smaller by a linear layer first; soft attention "
            "only; the output layer shares the vectors of the "
            "words (Press, Wolf; 2017)."
        ),
        metrics=(
            Metric(
                dataset="Flickr8k",
                split="test",
                name="BLEU-4",
                value=0.103247,
                count=102,
                low=0.076078,
                high=0.128812,
                baseline=0.082794,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="test",
                name="BLEU-1",
                value=0.549956,
                count=102,
                low=0.513504,
                high=0.586131,
                baseline=0.436303,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="test",
                name="BLEU-2",
                value=0.336608,
                count=102,
                low=0.303029,
                high=0.370411,
                baseline=0.255163,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="test",
                name="BLEU-3",
                value=0.1932,
                count=102,
                low=0.164571,
                high=0.22444,
                baseline=0.144289,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="test",
                name="chrF",
                value=0.300124,
                count=102,
                low=0.280146,
                high=0.321978,
                baseline=0.274654,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="test",
                name="CIDEr-D",
                value=0.305048,
                count=102,
                low=0.238396,
                high=0.379648,
                baseline=0.228219,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="BLEU-4",
                value=0.164328,
                count=85,
                low=0.126226,
                high=0.204553,
                baseline=0.083301,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="BLEU-1",
                value=0.547129,
                count=85,
                low=0.510073,
                high=0.584464,
                baseline=0.424214,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="BLEU-2",
                value=0.369399,
                count=85,
                low=0.326855,
                high=0.411115,
                baseline=0.238259,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="BLEU-3",
                value=0.247833,
                count=85,
                low=0.205562,
                high=0.292058,
                baseline=0.133691,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="chrF",
                value=0.308492,
                count=85,
                low=0.282852,
                high=0.336501,
                baseline=0.258941,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="CIDEr-D",
                value=0.407256,
                count=85,
                low=0.300036,
                high=0.544797,
                baseline=0.213825,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="train",
                name="BLEU-4",
                value=0.278451,
                count=100,
                low=0.231721,
                high=0.3225,
            ),
            Metric(
                dataset="Flickr8k",
                split="train",
                name="BLEU-1",
                value=0.688505,
                count=100,
                low=0.649645,
                high=0.718016,
            ),
            Metric(
                dataset="Flickr8k",
                split="train",
                name="BLEU-2",
                value=0.525023,
                count=100,
                low=0.482731,
                high=0.562211,
            ),
            Metric(
                dataset="Flickr8k",
                split="train",
                name="BLEU-3",
                value=0.388231,
                count=100,
                low=0.343581,
                high=0.430837,
            ),
            Metric(
                dataset="Flickr8k",
                split="train",
                name="chrF",
                value=0.412202,
                count=100,
                low=0.378873,
                high=0.444842,
            ),
            Metric(
                dataset="Flickr8k",
                split="train",
                name="CIDEr-D",
                value=0.852516,
                count=100,
                low=0.69309,
                high=1.016305,
            ),
        ),
    ),
    Checkpoint(
        id="caption_lstm.flickr8k",
        task="image-captioning",
        title="CNN and LSTM",
        architecture="CNN and LSTM",
        year=2015,
        library="ours",
        source="bundled:caption_lstm.flickr8k",
        model="caption_lstm",
        sentence=(
            "A network of ImageNet makes one vector of the "
            "picture; an LSTM that is given it at every step "
            "tells, word by word."
        ),
        paper="Vinyals, Toshev, Bengio, Erhan: Show and Tell: A Neural Image Caption Generator (2015)",
        weights_licence="Apache-2.0",
        data_licence=(
            "Flickr8k: non-commercial research and education; the photographs belong to their authors"
        ),
        trained_on=(
            "Flickr8k (663 photographs with 5 captions each, and captions of 7,091 others without these)"
        ),
        parameters=867_479,
        megabytes=0.68,
        sha256="8bf2e32b567eaf3abb778324ac6f40238706f0914c432148e7908aebb2744215",
        recipe=(
            "python -m finetune.image_captioning_flickr8k "
            "caption-lstm --data-dir DIR --output "
            "runs/caption_lstm.flickr8k"
        ),
        deviations=(
            "v is given at every step, as in the lecture's "
            "equation, where the paper gives it once, before "
            "the first word; EfficientNet-Lite0 in place of "
            "GoogLeNet, frozen; W_hi has two factors, by way "
            "of as many numbers as a word has; the output "
            "layer shares the vectors of the words (Press, "
            "Wolf; 2017)."
        ),
        metrics=(
            Metric(
                dataset="Flickr8k",
                split="test",
                name="BLEU-4",
                value=0.148143,
                count=102,
                low=0.118616,
                high=0.179166,
                baseline=0.082794,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="test",
                name="BLEU-1",
                value=0.557078,
                count=102,
                low=0.522259,
                high=0.589435,
                baseline=0.436303,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="test",
                name="BLEU-2",
                value=0.36846,
                count=102,
                low=0.333704,
                high=0.404014,
                baseline=0.255163,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="test",
                name="BLEU-3",
                value=0.235759,
                count=102,
                low=0.201832,
                high=0.270731,
                baseline=0.144289,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="test",
                name="chrF",
                value=0.296949,
                count=102,
                low=0.275889,
                high=0.318931,
                baseline=0.274654,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="test",
                name="CIDEr-D",
                value=0.307,
                count=102,
                low=0.236534,
                high=0.384177,
                baseline=0.228219,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="BLEU-4",
                value=0.148782,
                count=85,
                low=0.107874,
                high=0.18848,
                baseline=0.083301,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="BLEU-1",
                value=0.525516,
                count=85,
                low=0.481478,
                high=0.567395,
                baseline=0.424214,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="BLEU-2",
                value=0.345594,
                count=85,
                low=0.301897,
                high=0.387918,
                baseline=0.238259,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="BLEU-3",
                value=0.229493,
                count=85,
                low=0.187335,
                high=0.272273,
                baseline=0.133691,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="chrF",
                value=0.29772,
                count=85,
                low=0.272997,
                high=0.324061,
                baseline=0.258941,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="CIDEr-D",
                value=0.386202,
                count=85,
                low=0.281583,
                high=0.511488,
                baseline=0.213825,
                baseline_name="caption of the nearest picture",
            ),
            Metric(
                dataset="Flickr8k",
                split="train",
                name="BLEU-4",
                value=0.245272,
                count=100,
                low=0.201152,
                high=0.289639,
            ),
            Metric(
                dataset="Flickr8k",
                split="train",
                name="BLEU-1",
                value=0.66164,
                count=100,
                low=0.625565,
                high=0.698085,
            ),
            Metric(
                dataset="Flickr8k",
                split="train",
                name="BLEU-2",
                value=0.48737,
                count=100,
                low=0.445945,
                high=0.527909,
            ),
            Metric(
                dataset="Flickr8k",
                split="train",
                name="BLEU-3",
                value=0.345117,
                count=100,
                low=0.299079,
                high=0.390525,
            ),
            Metric(
                dataset="Flickr8k",
                split="train",
                name="chrF",
                value=0.387116,
                count=100,
                low=0.358945,
                high=0.416475,
            ),
            Metric(
                dataset="Flickr8k",
                split="train",
                name="CIDEr-D",
                value=0.75333,
                count=100,
                low=0.608387,
                high=0.903291,
            ),
        ),
    ),
)

CHECKPOINTS = (*BUNDLED, *HUB)
