"""Checkpoints of semantic segmentation: those that ship with the hub, and those of the Hugging Face Hub."""

from hub_models.checkpoint import Checkpoint, Metric
from hub_models.preprocess import InputSpec

TASK = "semantic-segmentation"

BUNDLED: tuple[Checkpoint, ...] = (
    Checkpoint(
        id="segnet.camvid",
        task="semantic-segmentation",
        title="SegNet (small)",
        architecture="SegNet",
        year=2017,
        library="ours",
        source="bundled:segnet.camvid",
        model="segnet",
        sentence=(
            "The encoder keeps where each maximum stood; the "
            "decoder puts the values back there and "
            "convolves."
        ),
        paper=(
            "Badrinarayanan, Kendall, Cipolla: SegNet: A Deep "
            "Convolutional Encoder-Decoder Architecture for "
            "Image Segmentation (2017)"
        ),
        weights_licence="Apache-2.0",
        data_licence="CamVid, University of Cambridge: academic use, cite Brostow et al. 2008",
        trained_on="CamVid (street scenes from a car in Cambridge, 11 classes)",
        parameters=663_083,
        megabytes=0.48,
        input=InputSpec(
            size_hw=(288, 384),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="dcdf7c6d3203d3ae84c842b105c63009c8a2e8bd20fcc9daf84233a57ec10e78",
        recipe=(
            "python -m finetune.semantic_segmentation_camvid "
            "segnet --data-dir DIR --output "
            "runs/segnet.camvid"
        ),
        deviations="no bias before batch normalisation, which has its own.",
        metrics=(
            Metric(
                dataset="CamVid",
                split="dev",
                name="mean IoU",
                value=0.569204,
                count=101,
                low=0.559801,
                high=0.576694,
                baseline=0.166783,
                baseline_name="most frequent class at each place",
            ),
            Metric(
                dataset="CamVid",
                split="dev",
                name="pixel accuracy",
                value=0.874012,
                count=101,
                low=0.869441,
                high=0.878564,
            ),
            Metric(
                dataset="CamVid",
                split="dev",
                name="boundary F",
                value=0.513409,
                count=101,
                low=0.505465,
                high=0.523099,
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="mean IoU",
                value=0.446068,
                count=62,
                low=0.433045,
                high=0.457767,
                baseline=0.125195,
                baseline_name="most frequent class at each place",
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="pixel accuracy",
                value=0.79092,
                count=62,
                low=0.78013,
                high=0.80278,
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="boundary F",
                value=0.432625,
                count=62,
                low=0.420058,
                high=0.444054,
            ),
            Metric(
                dataset="CamVid",
                split="train",
                name="mean IoU",
                value=0.567308,
                count=60,
                low=0.546794,
                high=0.585446,
                baseline=0.18017,
                baseline_name="most frequent class at each place",
            ),
        ),
    ),
    Checkpoint(
        id="deconvnet.camvid",
        task="semantic-segmentation",
        title="DeconvNet (small)",
        architecture="DeconvNet",
        year=2015,
        library="ours",
        source="bundled:deconvnet.camvid",
        model="deconvnet",
        sentence=(
            "SegNet's idea, with learned transposed convolutions in the decoder and a vector in the middle."
        ),
        paper="Noh, Hong, Han: Learning Deconvolution Network for Semantic Segmentation (2015)",
        weights_licence="Apache-2.0",
        data_licence="CamVid, University of Cambridge: academic use, cite Brostow et al. 2008",
        trained_on="CamVid (street scenes from a car in Cambridge, 11 classes)",
        parameters=839_691,
        megabytes=0.6,
        input=InputSpec(
            size_hw=(288, 384),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="ff5240674a3d6e9bd0db200b5524ed473f6ded67503ff01f7f9f33a046f15e36",
        recipe=(
            "python -m finetune.semantic_segmentation_camvid "
            "deconvnet --data-dir DIR --output "
            "runs/deconvnet.camvid"
        ),
        deviations=(
            "one pass over the whole picture, not the sum "
            "over 50 proposals of objects; trained in one "
            "stage. Slim: fc6 is 3x3 and padded, so that "
            "pictures of any size pass."
        ),
        metrics=(
            Metric(
                dataset="CamVid",
                split="dev",
                name="mean IoU",
                value=0.504885,
                count=101,
                low=0.497964,
                high=0.510842,
                baseline=0.166783,
                baseline_name="most frequent class at each place",
            ),
            Metric(
                dataset="CamVid",
                split="dev",
                name="pixel accuracy",
                value=0.840286,
                count=101,
                low=0.835629,
                high=0.844354,
            ),
            Metric(
                dataset="CamVid",
                split="dev",
                name="boundary F",
                value=0.447774,
                count=101,
                low=0.441392,
                high=0.45406,
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="mean IoU",
                value=0.401337,
                count=62,
                low=0.390236,
                high=0.41203,
                baseline=0.125195,
                baseline_name="most frequent class at each place",
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="pixel accuracy",
                value=0.76805,
                count=62,
                low=0.755722,
                high=0.780457,
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="boundary F",
                value=0.377914,
                count=62,
                low=0.362588,
                high=0.394647,
            ),
            Metric(
                dataset="CamVid",
                split="train",
                name="mean IoU",
                value=0.502353,
                count=60,
                low=0.485186,
                high=0.518062,
                baseline=0.18017,
                baseline_name="most frequent class at each place",
            ),
        ),
    ),
    Checkpoint(
        id="fcn.camvid",
        task="semantic-segmentation",
        title="FCN-8s (small)",
        architecture="FCN-8s",
        year=2015,
        library="ours",
        source="bundled:fcn.camvid",
        model="fcn",
        sentence=(
            "A classifier without dense layers gives coarse "
            "scores; those of finer maps are added on the way "
            "up."
        ),
        paper="Long, Shelhamer, Darrell: Fully Convolutional Networks for Semantic Segmentation (2015)",
        weights_licence="Apache-2.0",
        data_licence="CamVid, University of Cambridge: academic use, cite Brostow et al. 2008",
        trained_on="CamVid (street scenes from a car in Cambridge, 11 classes)",
        parameters=584_225,
        megabytes=0.41,
        input=InputSpec(
            size_hw=(288, 384),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="e3dfd03ce2b9cb307e5cf17fa69442c5a0bfb9fd64c3aacafaf303eecc408100",
        recipe="python -m finetune.semantic_segmentation_camvid fcn --data-dir DIR --output runs/fcn.camvid",
        deviations=(
            "fc6 is padded by 3 in place of a border of 100 "
            "pixels around the picture; scoring layers begin "
            "with small random weights, not zeros; all steps "
            "together are trained at once, the last enlarging "
            "too. Slim: batch normalisation."
        ),
        metrics=(
            Metric(
                dataset="CamVid",
                split="dev",
                name="mean IoU",
                value=0.593087,
                count=101,
                low=0.581883,
                high=0.601408,
                baseline=0.166783,
                baseline_name="most frequent class at each place",
            ),
            Metric(
                dataset="CamVid",
                split="dev",
                name="pixel accuracy",
                value=0.883823,
                count=101,
                low=0.879442,
                high=0.88811,
            ),
            Metric(
                dataset="CamVid",
                split="dev",
                name="boundary F",
                value=0.549549,
                count=101,
                low=0.539167,
                high=0.560605,
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="mean IoU",
                value=0.525988,
                count=62,
                low=0.507431,
                high=0.538847,
                baseline=0.125195,
                baseline_name="most frequent class at each place",
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="pixel accuracy",
                value=0.834776,
                count=62,
                low=0.821292,
                high=0.844074,
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="boundary F",
                value=0.518931,
                count=62,
                low=0.501444,
                high=0.533342,
            ),
            Metric(
                dataset="CamVid",
                split="train",
                name="mean IoU",
                value=0.644543,
                count=60,
                low=0.626568,
                high=0.657597,
                baseline=0.18017,
                baseline_name="most frequent class at each place",
            ),
        ),
    ),
    Checkpoint(
        id="unet.camvid",
        task="semantic-segmentation",
        title="U-Net (small)",
        architecture="U-Net",
        year=2015,
        library="ours",
        source="bundled:unet.camvid",
        model="unet",
        sentence=(
            "Every map of the encoder is handed across to the "
            "decoder, so that fine borders survive the "
            "pooling."
        ),
        paper=(
            "Ronneberger, Fischer, Brox: U-Net: Convolutional "
            "Networks for Biomedical Image Segmentation "
            "(2015)"
        ),
        weights_licence="Apache-2.0",
        data_licence="CamVid, University of Cambridge: academic use, cite Brostow et al. 2008",
        trained_on="CamVid (street scenes from a car in Cambridge, 11 classes)",
        parameters=508_299,
        megabytes=0.37,
        input=InputSpec(
            size_hw=(288, 384),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="0467a19a22390d5ea4cdcce5b1dd3297ef9b7c8a6bab4eb9ec4ebd09d9787b04",
        recipe=(
            "python -m finetune.semantic_segmentation_camvid unet --data-dir DIR --output runs/unet.camvid"
        ),
        deviations=(
            "padded convolutions, so that the labels have the "
            "picture's size (the paper's lose a border of 92 "
            "pixels); batch normalisation, which was invented "
            "in the same year, and no dropout; colour "
            "pictures."
        ),
        metrics=(
            Metric(
                dataset="CamVid",
                split="dev",
                name="mean IoU",
                value=0.656097,
                count=101,
                low=0.645818,
                high=0.665268,
                baseline=0.166783,
                baseline_name="most frequent class at each place",
            ),
            Metric(
                dataset="CamVid",
                split="dev",
                name="pixel accuracy",
                value=0.930811,
                count=101,
                low=0.926978,
                high=0.933953,
            ),
            Metric(
                dataset="CamVid",
                split="dev",
                name="boundary F",
                value=0.667225,
                count=101,
                low=0.659148,
                high=0.674484,
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="mean IoU",
                value=0.532796,
                count=62,
                low=0.516379,
                high=0.547822,
                baseline=0.125195,
                baseline_name="most frequent class at each place",
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="pixel accuracy",
                value=0.863794,
                count=62,
                low=0.852979,
                high=0.874131,
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="boundary F",
                value=0.553402,
                count=62,
                low=0.536129,
                high=0.567549,
            ),
            Metric(
                dataset="CamVid",
                split="train",
                name="mean IoU",
                value=0.669355,
                count=60,
                low=0.643013,
                high=0.690637,
                baseline=0.18017,
                baseline_name="most frequent class at each place",
            ),
        ),
    ),
    Checkpoint(
        id="enet.camvid",
        task="semantic-segmentation",
        title="ENet",
        architecture="ENet",
        year=2016,
        library="ours",
        source="bundled:enet.camvid",
        model="enet",
        sentence=(
            "A large encoder, a small decoder, dilated and "
            "asymmetric convolutions: made to run while you "
            "watch."
        ),
        paper=(
            "Paszke, Chaurasia, Kim, Culurciello: ENet: A "
            "Deep Neural Network Architecture for Real-Time "
            "Semantic Segmentation (2016)"
        ),
        weights_licence="Apache-2.0",
        data_licence="CamVid, University of Cambridge: academic use, cite Brostow et al. 2008",
        trained_on="CamVid (street scenes from a car in Cambridge, 11 classes)",
        parameters=363_434,
        megabytes=0.39,
        input=InputSpec(
            size_hw=(288, 384),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="1144489e437949479ac106b775b4bc83eceeab9b8dece89359bf978ed09a95cc",
        recipe=(
            "python -m finetune.semantic_segmentation_camvid enet --data-dir DIR --output runs/enet.camvid"
        ),
        deviations="none in the layers.",
        metrics=(
            Metric(
                dataset="CamVid",
                split="dev",
                name="mean IoU",
                value=0.617789,
                count=101,
                low=0.609719,
                high=0.625825,
                baseline=0.166783,
                baseline_name="most frequent class at each place",
            ),
            Metric(
                dataset="CamVid",
                split="dev",
                name="pixel accuracy",
                value=0.896917,
                count=101,
                low=0.892808,
                high=0.900413,
            ),
            Metric(
                dataset="CamVid",
                split="dev",
                name="boundary F",
                value=0.552429,
                count=101,
                low=0.542929,
                high=0.561387,
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="mean IoU",
                value=0.476293,
                count=62,
                low=0.454394,
                high=0.49398,
                baseline=0.125195,
                baseline_name="most frequent class at each place",
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="pixel accuracy",
                value=0.814296,
                count=62,
                low=0.794682,
                high=0.828728,
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="boundary F",
                value=0.485489,
                count=62,
                low=0.466721,
                high=0.501414,
            ),
            Metric(
                dataset="CamVid",
                split="train",
                name="mean IoU",
                value=0.619116,
                count=60,
                low=0.596927,
                high=0.633393,
                baseline=0.18017,
                baseline_name="most frequent class at each place",
            ),
        ),
    ),
    Checkpoint(
        id="unet_lite.camvid",
        task="semantic-segmentation",
        title="U-Net on EfficientNet-Lite0",
        architecture="U-Net on EfficientNet-Lite0",
        year=2015,
        library="ours",
        source="bundled:unet_lite.camvid",
        model="unet_lite",
        sentence="The same U, but its encoder has already learned to see on 1.2 million photographs.",
        paper=(
            "Ronneberger, Fischer, Brox: U-Net: Convolutional "
            "Networks for Biomedical Image Segmentation "
            "(2015)"
        ),
        weights_licence="Apache-2.0",
        data_licence="CamVid, University of Cambridge: academic use, cite Brostow et al. 2008",
        trained_on="CamVid (street scenes from a car in Cambridge, 11 classes)",
        parameters=788_987,
        megabytes=0.71,
        input=InputSpec(
            size_hw=(288, 384),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="7433fab24c00bafaa69dc88d6ee8b279d4a66a33348c63b89f272213d83c8258",
        recipe=(
            "python -m finetune.semantic_segmentation_camvid "
            "unet_lite --data-dir DIR --output "
            "runs/unet_lite.camvid"
        ),
        deviations=(
            "the way down is EfficientNet-Lite0 (Tan, Le; "
            "2019), whose last map of each stride from 2 on "
            "is skipped to the way up; bilinear enlarging in "
            "place of transposed convolutions; batch "
            "normalisation, padding."
        ),
        metrics=(
            Metric(
                dataset="CamVid",
                split="dev",
                name="mean IoU",
                value=0.652679,
                count=101,
                low=0.647218,
                high=0.658148,
                baseline=0.166783,
                baseline_name="most frequent class at each place",
            ),
            Metric(
                dataset="CamVid",
                split="dev",
                name="pixel accuracy",
                value=0.908039,
                count=101,
                low=0.904432,
                high=0.911345,
            ),
            Metric(
                dataset="CamVid",
                split="dev",
                name="boundary F",
                value=0.621635,
                count=101,
                low=0.613572,
                high=0.629573,
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="mean IoU",
                value=0.574603,
                count=62,
                low=0.56142,
                high=0.585466,
                baseline=0.125195,
                baseline_name="most frequent class at each place",
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="pixel accuracy",
                value=0.874047,
                count=62,
                low=0.866775,
                high=0.880452,
            ),
            Metric(
                dataset="CamVid",
                split="test",
                name="boundary F",
                value=0.580875,
                count=62,
                low=0.567022,
                high=0.592922,
            ),
            Metric(
                dataset="CamVid",
                split="train",
                name="mean IoU",
                value=0.696696,
                count=60,
                low=0.678187,
                high=0.707902,
                baseline=0.18017,
                baseline_name="most frequent class at each place",
            ),
        ),
    ),
)

ADE20K = "ADE20K (scenes indoors and outdoors, 150 kinds of things and grounds)"
ADE20K_LICENCE = "annotations BSD-3-Clause; pictures for non-commercial research and teaching"
CITYSCAPES = "Cityscapes (streets of 50 cities, 19 classes)"
CITYSCAPES_LICENCE = "non-commercial: research, teaching and personal use"
COCO_VOC = "COCO 2017 (photographs of everyday scenes, the 20 classes of Pascal VOC and background)"
COCO_LICENCE = "annotations CC BY 4.0; photographs under their own Flickr licences"


def for_download(
    *,
    identity: str,
    title: str,
    architecture: str,
    year: int,
    library: str,
    source: str,
    model: str,
    sentence: str,
    paper: str,
    licence: str,
    data: tuple[str, str],
    parameters: int,
    megabytes: float,
) -> Checkpoint:
    """A network trained by its authors; `data`: what on, under which licence. Class names come with the weights."""
    return Checkpoint(
        id=identity,
        task=TASK,
        title=title,
        architecture=architecture,
        year=year,
        library=library,
        source=source,
        model=model,
        sentence=sentence,
        paper=paper,
        weights_licence=licence,
        data_licence=data[1],
        trained_on=data[0],
        parameters=parameters,
        megabytes=megabytes,
    )


HUB: tuple[Checkpoint, ...] = (
    for_download(
        identity="fcn_resnet50.coco_voc",
        title="FCN (ResNet-50)",
        architecture="FCN",
        year=2015,
        library="torchvision",
        source="library:download.pytorch.org/models/fcn_resnet50_coco-1167a1af.pth",
        model="fcn_resnet50",
        sentence="A classifier whose last layers became convolutions, so that it names every pixel in one pass.",
        paper="Long, Shelhamer, Darrell: Fully Convolutional Networks for Semantic Segmentation (2015)",
        licence="BSD-3-Clause",
        data=(COCO_VOC, COCO_LICENCE),
        parameters=35_322_218,
        megabytes=141.6,
    ),
    for_download(
        identity="deeplabv3_mobilenet.coco_voc",
        title="DeepLabV3 (MobileNetV3)",
        architecture="DeepLabV3",
        year=2017,
        library="torchvision",
        source="library:download.pytorch.org/models/deeplabv3_mobilenet_v3_large-fc3c493d.pth",
        model="deeplabv3_mobilenet_v3_large",
        sentence="Dilated convolutions of several widths look far around each pixel without a smaller map.",
        paper="Chen, Papandreou, Schroff, Adam: Rethinking Atrous Convolution for Semantic Image Segmentation (2017)",
        licence="BSD-3-Clause",
        data=(COCO_VOC, COCO_LICENCE),
        parameters=11_029_328,
        megabytes=44.4,
    ),
    for_download(
        identity="lraspp_mobilenet.coco_voc",
        title="LR-ASPP (MobileNetV3)",
        architecture="LR-ASPP",
        year=2019,
        library="torchvision",
        source="library:download.pytorch.org/models/lraspp_mobilenet_v3_large-d234d4ea.pth",
        model="lraspp_mobilenet_v3_large",
        sentence="Made for phones: one coarse and one finer map, mixed by a gate that has seen the whole picture.",
        paper="Howard and others: Searching for MobileNetV3 (2019)",
        licence="BSD-3-Clause",
        data=(COCO_VOC, COCO_LICENCE),
        parameters=3_221_538,
        megabytes=13.1,
    ),
    for_download(
        identity="upernet_convnext_tiny.ade20k",
        title="UperNet (ConvNeXt-T)",
        architecture="UperNet",
        year=2018,
        library="transformers",
        source="hub:openmmlab/upernet-convnext-tiny",
        model="UperNetForSemanticSegmentation",
        sentence="A pyramid of maps, from coarse to fine, is added up before every pixel is named.",
        paper="Xiao, Liu, Zhou, Jiang, Sun: Unified Perceptual Parsing for Scene Understanding (2018); Liu, Mao, Wu, "
        "Feichtenhofer, Darrell, Xie: A ConvNet for the 2020s (2022)",
        licence="MIT",
        data=(ADE20K, ADE20K_LICENCE),
        parameters=60_242_636,
        megabytes=241.0,
    ),
    for_download(
        identity="segformer_b0.ade20k",
        title="SegFormer-B0",
        architecture="SegFormer",
        year=2021,
        library="transformers",
        source="hub:nvidia/segformer-b0-finetuned-ade-512-512",
        model="SegformerForSemanticSegmentation",
        sentence="A transformer with maps of four sizes as a convolutional network has, and a decoder of nothing but dense "
        "layers.",
        paper="Xie, Wang, Yu, Anandkumar, Alvarez, Luo: SegFormer: Simple and Efficient Design for Semantic Segmentation "
        "with Transformers (2021)",
        licence="NVIDIA Source Code License for SegFormer: research and evaluation, non-commercial",
        data=(ADE20K, ADE20K_LICENCE),
        parameters=3_752_694,
        megabytes=15.0,
    ),
    for_download(
        identity="mask2former_swin_tiny.cityscapes",
        title="Mask2Former (Swin-T)",
        architecture="Mask2Former",
        year=2022,
        library="transformers",
        source="hub:facebook/mask2former-swin-tiny-cityscapes-semantic",
        model="Mask2FormerForUniversalSegmentation",
        sentence="A hundred queries each give a mask and a class; added up, they name every pixel of a street.",
        paper="Cheng, Misra, Schwing, Kirillov, Girdhar: Masked-attention Mask Transformer for Universal Image "
        "Segmentation (2022)",
        licence="CC BY-NC 4.0",
        data=(CITYSCAPES, CITYSCAPES_LICENCE),
        parameters=47_407_502,
        megabytes=190.0,
    ),
)

CHECKPOINTS = (*BUNDLED, *HUB)
