"""The Fine-tune form of semantic segmentation: which networks can be trained, and with what loss."""

from hub_models.ui.form import Choice, Form, augmentation, batch, epochs, rate

FORM = Form(
    words=(
        "Teach a network your own classes (lecture, section 9.1). Paint a mask for each picture: a grey or palette PNG of "
        "the same name whose values are numbers of classes, 255 for pixels that shall not count; `classes.txt` names the "
        "classes, one a line. The data are checked first, and the weights with the best mean IoU on held-out pictures are "
        "kept. Where some classes are rare (poles, people), give them weight or use the focal or the Dice loss. A network "
        "takes minutes on a GPU and hours on a CPU: try a few epochs here, or copy the command. A run survives a reload "
        "of this page, and a killed run resumes where it was."
    ),
    data="images/, masks/ and classes.txt, perhaps inside train/, val/ and test/",
    wanted="a folder or a zip with images/ and masks/, or a Hub dataset id",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("U-Net on an ImageNet backbone: best with few pictures", "unet-lite"),
                ("U-Net: skip connections", "unet"),
                ("SegNet: unpooling with switches", "segnet"),
                ("ENet: fast, for video", "enet"),
                ("DeconvNet: unpooling and transposed convolutions", "deconvnet"),
                ("FCN: fully convolutional", "fcn"),
                ("SegFormer b0: a transformer, downloaded", "segformer:nvidia/mit-b0"),
                ("ResNet-18 of timm in a U-Net, downloaded", "timm:resnet18"),
            ),
            value="unet-lite",
        ),
        Choice(
            flag="--size",
            label="Size that the network sees, height x width",
            options=tuple((size.replace("x", " x "), size) for size in ("128x160", "192x256", "360x480")),
            value="192x256",
        ),
        Choice(
            flag="--loss",
            label="Loss",
            options=(
                ("cross-entropy of every pixel", "cross-entropy"),
                ("focal: what is hard counts more", "focal"),
                ("cross-entropy and Dice: the overlap of each class", "dice"),
            ),
            value="cross-entropy",
        ),
        Choice(
            flag="--class-weights",
            label="Weights of the classes",
            options=(
                ("none: every pixel counts the same", "none"),
                ("median frequency, as SegNet", "median"),
                ("logarithm of the frequency, as ENet", "log"),
            ),
            value="none",
        ),
        augmentation("Augmentation of picture and mask together", "size, place, mirrored, light"),
    ),
    figures=(epochs(60), batch(8), rate(0.003)),
    score="mean_iou",
    title="Mean IoU on held-out pictures",
)
