"""Questions that our networks answer wrongly, and what they teach. Each is computed live."""

from hub_models.ui.failures import Failure

FAILURES = (
    Failure(
        title="It names the colour and does not recognise it",
        example="circle",
        checkpoint="vqa_product.easy",
        settings=("is there a blue shape?",),
        why="*no*, though the same network answers *what color is the shape?* with blue. Seven of eight colours are not in "
        "a picture, so no is a good answer without looking, and it is learned first; comparing comes last. The bilinear "
        "network, trained for the same number of steps, has got there.",
    ),
    Failure(
        title="Half of the question is enough",
        example="circle",
        checkpoint="vqa_bilinear.easy",
        settings=("is there a red circle?",),
        why="*yes*: there is a circle. No training question asks for colour and shape together, so the network never had "
        "to put two conditions into one.",
    ),
    Failure(
        title="It believes what the question says",
        example="circle",
        checkpoint="vqa_bilinear.easy",
        settings=("what is the red shape?",),
        why="*circle*, and nothing here is red. The set of answers is fixed in training, and *there is none* is not in it.",
    ),
    Failure(
        title="Two shapes",
        example="two shapes",
        checkpoint="vqa_bilinear.easy",
        settings=("what color is the rectangle?",),
        why="*red*, but that is the circle. Every training picture has one shape, so which one is asked for never mattered. "
        "**Where it looks** shows whether it even looks at the rectangle.",
    ),
    Failure(
        title="The same words in another order",
        example="circle",
        checkpoint="vqa_bilinear.easy",
        settings=("is the shape blue?",),
        why="*rectangle*: it knows each of the words, but its questions were made from patterns, and none begins so.",
    ),
    Failure(
        title="A photograph for a network of drawings",
        example="cat",
        checkpoint="vqa_bilinear.easy",
        settings=("what shape is in the image?",),
        why="*rectangle*, and it is sure of it. Softmax shares 100 % out among the answers that there are; the note below "
        "the answer comes from looking at the picture, not from the network.",
    ),
    Failure(
        title="What is no person is a dog",
        example="coffee",
        checkpoint="vqa_attention.flickr8k",
        settings=("is there a dog?",),
        why="*yes*. Almost all photographs that it saw show people or dogs, so it has learned to tell these two apart, and "
        "a cup is not a person.",
    ),
    Failure(
        title="It cannot count",
        example="bus",
        checkpoint="vqa_attention.flickr8k",
        settings=("how many people are there?",),
        why="*1* and 2 are nearly even, whatever the picture. Few captions count, so few of its questions do; and a "
        "weighted mean over regions, which attention is, forgets how many there were.",
    ),
)
