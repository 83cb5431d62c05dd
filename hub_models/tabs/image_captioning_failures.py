"""Pictures that our networks are known to describe badly, and what they teach. Each is computed live."""

from hub_models.ui.failures import Failure

ATTENTION, PLAIN = "caption_attention.flickr8k", "caption_lstm.flickr8k"
FAILURES: tuple[Failure, ...] = (
    Failure(
        title="A cup that lives",
        example="coffee",
        checkpoint=ATTENTION,
        why="Hardly any of the 663 training photographs shows things alone on a table: they show people and dogs, "
        "so it tells of one. It has no way to say that it does not know. Look at the nearest training pictures.",
        settings=(5, 0.0, 0.7, 20, 0),
    ),
    Failure(
        title="The usual sentence",
        example="tower",
        checkpoint=PLAIN,
        why="No word for a tower is among its 2,600. What is left is the most usual caption of its training, with a detail "
        "put in: compare with what it says without the picture, in Look inside.",
        settings=(5, 0.0, 0.7, 20, 0),
    ),
    Failure(
        title="Too bold",
        example="footballers",
        checkpoint=ATTENTION,
        why="Drawn at temperature 1.5 from 2,600 words: grammar still holds from word to word, but the sentence "
        "leaves the picture. Beam search on the same network stays with what is probable.",
        settings=(1, 1.5, 0.7, 20, 3),
    ),
)  # fmt: skip
