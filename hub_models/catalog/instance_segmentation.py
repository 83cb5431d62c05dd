"""Networks that give the pixels of every object: those that ship here, and those to download."""

from hub_models.checkpoint import Checkpoint, Metric
from hub_models.preprocess import InputSpec

TASK = "instance-segmentation"

BUNDLED: tuple[Checkpoint, ...] = (
    Checkpoint(
        id="mask_rcnn.nuclei",
        task="instance-segmentation",
        title="Mask R-CNN",
        architecture="Mask R-CNN",
        year=2017,
        library="ours",
        source="bundled:mask_rcnn.nuclei",
        model="mask_rcnn",
        sentence=(
            "Faster R-CNN finds each nucleus, and a small mask for each region says which pixels are its own."
        ),
        paper="He, Gkioxari, Dollár, Girshick: Mask R-CNN (2017)",
        weights_licence="Apache-2.0",
        data_licence="CC0-1.0",
        trained_on="nuclei (microscope pictures of the 2018 Data Science Bowl)",
        parameters=579_269,
        megabytes=0.42,
        input=InputSpec(
            size_hw=(384, 384),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="57d75d74b660f2fdb4e0974b43a7e830fe1d6014be7b9b06befa6ac4f79c3df7",
        recipe=(
            "python -m finetune.instance_segmentation_nuclei "
            "mask_rcnn --data-dir DIR --output "
            "runs/mask_rcnn.nuclei"
        ),
        deviations=(
            "everything slim: EfficientNet-Lite0 up to 1/16 "
            "in place of ResNet-FPN; one shared map at 1/4, "
            "because nuclei are small, in place of a pyramid, "
            "with group normalisation; square anchors of six "
            "sizes; 96 regions of a picture learn in one "
            "step, 32 of them their masks, where the paper "
            "takes 512 and 128; two convolutions of 48 maps "
            "in the mask branch in place of four of 256; near "
            "doubles are suppressed before masks are "
            "computed. The RPN and RoIAlign are "
            "torchvision's."
        ),
        metrics=(
            Metric(
                dataset="nuclei",
                split="dev",
                name="mask mAP@0.5",
                value=0.768648,
                count=85,
                low=0.680218,
                high=0.864307,
                baseline=0.405786,
                baseline_name="Otsu's threshold and connected parts",
            ),
            Metric(
                dataset="nuclei",
                split="dev",
                name="mask mAP@[.5:.95]",
                value=0.475494,
                count=85,
                low=0.387932,
                high=0.579613,
            ),
            Metric(
                dataset="nuclei",
                split="dev",
                name="box mAP@0.5",
                value=0.77148,
                count=85,
                low=0.687739,
                high=0.869672,
            ),
            Metric(
                dataset="nuclei",
                split="train",
                name="mask mAP@0.5",
                value=0.873794,
                count=60,
                low=0.836635,
                high=0.908019,
                baseline=0.517132,
                baseline_name="Otsu's threshold and connected parts",
            ),
            Metric(
                dataset="nuclei",
                split="train",
                name="mask mAP@[.5:.95]",
                value=0.588969,
                count=60,
                low=0.537177,
                high=0.643463,
            ),
            Metric(
                dataset="nuclei",
                split="train",
                name="box mAP@0.5",
                value=0.882794,
                count=60,
                low=0.848634,
                high=0.912502,
            ),
        ),
    ),
    Checkpoint(
        id="unet.nuclei",
        task="instance-segmentation",
        title="U-Net, taken apart",
        architecture="U-Net",
        year=2015,
        library="ours",
        source="bundled:unet.nuclei",
        model="unet",
        sentence="Every pixel is background, inside or border; what is connected inside is one nucleus.",
        paper=(
            "Ronneberger, Fischer, Brox: U-Net: Convolutional "
            "Networks for Biomedical Image Segmentation "
            "(2015)"
        ),
        weights_licence="Apache-2.0",
        data_licence="CC0-1.0",
        trained_on="nuclei (microscope pictures of the 2018 Data Science Bowl)",
        parameters=508_163,
        megabytes=0.37,
        input=InputSpec(
            size_hw=(384, 384),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            interpolation="bilinear",
        ),
        sha256="4fd1fb041154e4331dbeca731fe10439939acd5609edfe2351f81718753b54db",
        recipe=(
            "python -m finetune.instance_segmentation_nuclei unet --data-dir DIR --output runs/unet.nuclei"
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
                dataset="nuclei",
                split="dev",
                name="mask mAP@0.5",
                value=0.593764,
                count=85,
                low=0.475106,
                high=0.725735,
                baseline=0.405786,
                baseline_name="Otsu's threshold and connected parts",
            ),
            Metric(
                dataset="nuclei",
                split="dev",
                name="mask mAP@[.5:.95]",
                value=0.385016,
                count=85,
                low=0.294534,
                high=0.49243,
            ),
            Metric(
                dataset="nuclei",
                split="dev",
                name="box mAP@0.5",
                value=0.591598,
                count=85,
                low=0.475093,
                high=0.721585,
            ),
            Metric(
                dataset="nuclei",
                split="train",
                name="mask mAP@0.5",
                value=0.7081,
                count=60,
                low=0.625843,
                high=0.792402,
                baseline=0.517132,
                baseline_name="Otsu's threshold and connected parts",
            ),
            Metric(
                dataset="nuclei",
                split="train",
                name="mask mAP@[.5:.95]",
                value=0.483522,
                count=60,
                low=0.413262,
                high=0.558041,
            ),
            Metric(
                dataset="nuclei",
                split="train",
                name="box mAP@0.5",
                value=0.708865,
                count=60,
                low=0.632763,
                high=0.791343,
            ),
        ),
    ),
)

COCO = "COCO 2017 (photographs of everyday scenes, 80 kinds of things)"
COCO_LICENCE = "annotations CC BY 4.0; photographs under their own Flickr licences"
SA_1B = "SA-1B (11 million photographs, 1.1 billion masks without names)"
SA_1B_LICENCE = "SA-1B Dataset Research License: research only"


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
    parameters: int,
    megabytes: float,
    data: tuple[str, str] = (COCO, COCO_LICENCE),
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
        identity="mask_rcnn_resnet50.coco",
        title="Mask R-CNN (ResNet-50, feature pyramid)",
        architecture="Mask R-CNN",
        year=2017,
        library="torchvision",
        source="library:download.pytorch.org/models/maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth",
        model="maskrcnn_resnet50_fpn_v2",
        sentence="Faster R-CNN with a third branch: a small mask for every region, read from the map by RoIAlign.",
        paper="He, Gkioxari, Dollár, Girshick: Mask R-CNN (2017); with the recipe of Li, Xie, Chen, Dollár, He, Girshick "
        "(2021)",
        licence="BSD-3-Clause",
        parameters=46_359_409,
        megabytes=185.8,
    ),
    for_download(
        identity="mask2former_swin_tiny.coco",
        title="Mask2Former (Swin-T)",
        architecture="Mask2Former",
        year=2022,
        library="transformers",
        source="hub:facebook/mask2former-swin-tiny-coco-instance",
        model="Mask2FormerForUniversalSegmentation",
        sentence="A hundred queries each look for one object and give its class and its mask: no boxes, no suppression.",
        paper="Cheng, Misra, Schwing, Kirillov, Girdhar: Masked-attention Mask Transformer for Universal Image "
        "Segmentation (2022)",
        licence="CC BY-NC 4.0",
        parameters=47_423_179,
        megabytes=190.0,
    ),
    for_download(
        identity="sam_vit_base.sa1b",
        title="Segment Anything (ViT-B)",
        architecture="SAM",
        year=2023,
        library="transformers",
        source="hub:facebook/sam-vit-base",
        model="SamModel",
        sentence="Cuts out what one points at, whatever it is; it has no classes. Asked for everything, it looks "
        "at a grid of points.",
        paper="Kirillov, Mintun, Ravi, Mao, Rolland, Gustafson, Xiao, Whitehead, Berg, Lo, Dollár, Girshick: Segment "
        "Anything (2023)",
        licence="Apache-2.0",
        data=(SA_1B, SA_1B_LICENCE),
        parameters=93_735_728,
        megabytes=375.0,
    ),
    for_download(
        identity="yolo11n_seg.coco",
        title="YOLO11n-seg (Ultralytics)",
        architecture="YOLO",
        year=2024,
        library="ultralytics",
        source="hub:Ultralytics/YOLO11",
        model="yolo11n-seg",
        sentence="One look: beside its box each object says how to mix 32 maps of the whole picture into its mask.",
        paper="Jocher, Qiu: Ultralytics YOLO11 (2024), software without a paper",
        licence="AGPL-3.0",
        parameters=2_876_848,
        megabytes=6.2,
    ),
)

CHECKPOINTS = BUNDLED + HUB
