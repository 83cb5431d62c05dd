"""Named entities (lecture, section 10.1): one text in, the names of people, places and the like in it out.

A sentence is a sequence x of T_x words, and the answer a sequence y of as many tags: B-PER where the name of a person
begins, I-PER where it goes on, O outside. Each word goes in as a number, its place in the vocabulary, which an embedding
lookup turns into a vector (section 10.2). A recurrent network reads the vectors; because a name is often known by what
comes after it, two layers read, one from each end (bidirectional, section 10.3.4). Their states together give the
probability of every tag at every word. Names are mostly words that were never seen before, so a small convolution over the
letters looks at capitals and endings. A Transformer that has read much more knows many of the names already.
"""

from hub_models.answering import answer_text
from hub_models.task import Answer, Example, Task

ID = "named-entities"
DEFAULT = "tagger.wikigold"


def predict(text: str, checkpoint: str = DEFAULT) -> Answer:
    """Find the names in a text: which words, of what kind, where."""
    return answer_text(ID, text, checkpoint)


TASK = Task(
    id=ID,
    title="Named entities",
    lecture="10.1",
    summary="Finds the names in a text and says of each whether it is a person, a place, an organisation or another "
    "name.",
    papers=(
        "Lample, Ballesteros, Subramanian, Kawakami, Dyer: Neural architectures for named entity recognition (2016)",
        "Ma, Hovy: End-to-end sequence labeling via bi-directional LSTM-CNNs-CRF (2016)",
        "Balasuriya, Ringland, Nothman, Murphy, Curran: Named entity recognition in Wikipedia (2009)",
        "Devlin, Chang, Lee, Toutanova: BERT, pre-training of deep bidirectional transformers (2019)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="token_classification",
    needs=("torch", "torchvision", "transformers"),
    examples=(
        Example(name="lecture", text="Harry Potter and Hermione Granger invented a new spell"),
        Example(
            name="history",
            text="Ada Lovelace met Charles Babbage in London in 1833 and wrote about his machine for the University of "
            "Turin.",
        ),
        Example(
            name="football",
            text="In 2006 Italy won the World Cup in Berlin against France, and Fabio Grosso of Palermo scored the "
            "last penalty.",
        ),
        Example(
            name="company",
            text="The Ford Motor Company moved its office from Detroit to New York after Henry Ford left.",
        ),
        Example(name="two kinds", text="Washington spoke in Washington about Washington University."),
        Example(name="small letters", text="harry potter met hermione granger in london."),
        Example(name="message", text="omg @BarackObama is in Milan today!!! <3 #obama"),
        Example(name="German", text="Angela Merkel sprach gestern in Köln mit der Deutschen Bahn."),
    ),
)
