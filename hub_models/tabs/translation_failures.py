"""Sentences that our networks are known to translate badly, and what they teach. Each is computed live."""

from hub_models.ui.failures import Failure

FAILURES = (
    Failure(
        title="A long sentence in one vector",
        example="long",
        checkpoint="seq2seq.multi30k",
        why="Without attention all 28 words must fit into 192 numbers. Men, a guitar, a stage and a woman come out, but the "
        "colour of the shirts and who does what are lost: the vector keeps the subject better than the details. The same "
        "sentence through a network with attention: see **Four systems**.",
        settings=(4, 1.0),
    ),
    Failure(
        title="Longer than any sentence of its training",
        example="too long",
        checkpoint="transformer.multi30k",
        why="43 words; the longest sentence of its training has 37, and few have more than 25. It hardly knows the waves of "
        "positions so far out, and its heads lose their place: parts are left out, others come twice. The network of "
        "Bahdanau, which has no positions to learn, holds out longer here.",
        settings=(4, 1.0),
    ),
    Failure(
        title="The most probable translation is none",
        example="too long",
        checkpoint="transformer.multi30k",
        why="Where a network is unsure, every long translation has a tiny probability, and the empty one, `<EOS>` alone, a "
        "larger one. With 16 beams and no length penalty the search finds that out. Fewer beams, which overlook it, or the "
        "penalty hide the fault; it is the network's.",
        settings=(16, 0.0),
    ),
    Failure(
        title="Names that it has never seen",
        example="Harry Potter",
        checkpoint="transformer.multi30k",
        why="No caption of its training knows the two, nor any spell. It spells names from pieces, and puts in their place "
        "what stands there in captions. A translator would copy them; nobody taught it that a name is to be copied.",
        settings=(4, 1.0),
    ),
    Failure(
        title="A sentence that is no caption",
        example="an agreement",
        checkpoint="bahdanau.multi30k",
        why="This sentence is the example of Bahdanau's paper, whose network had read millions of sentences of parliaments "
        "and newspapers. Ours has read captions of photographs, so an agreement becomes something that is to be seen.",
        settings=(4, 1.0),
    ),
    Failure(
        title="It does not notice another language",
        example="Italian",
        checkpoint="bahdanau.multi30k",
        why="It takes any text for English. Pieces that look like English or French ones guide it, the rest is guessed. "
        "Nothing in the answer says so, but the probabilities of the pieces are low.",
        settings=(4, 1.0),
    ),
)
