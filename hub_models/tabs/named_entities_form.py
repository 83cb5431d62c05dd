"""The Fine-tune form of named entities: which taggers can be trained."""

from hub_models.ui.form import Choice, Figure, Form, batch, epochs, rate

FORM = Form(
    words=(
        "Teach a tagger your own kinds of names (lecture, section 10.1): files in two columns, a word and its tag in "
        "every line "
        "(`Turin B-LOC`), an empty line after each sentence; `train.conll`, and `dev.conll` to choose the weights on "
        "(else a "
        "share of the documents is split off). The weights with the best F of whole names are kept. Our network knows "
        "only "
        "words of these texts and the look of others; a pretrained encoder of the Hub has seen most names before. A run "
        "survives a reload of this page, and a killed run resumes where it was."
    ),
    data="train.conll and dev.conll: a word and its tag in every line",
    wanted="a folder, a file, a zip or a Hub dataset id of tagged sentences",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("BiLSTM with a convolution over letters", "bilstm"),
                ("the bundled tagger, going on", "tagger.wikigold"),
                (
                    "DistilBERT (cased): a Transformer, downloaded",
                    "transformers:distilbert/distilbert-base-cased",
                ),
            ),
            value="bilstm",
        ),
        Choice(
            flag="--least-count",
            label="A word gets a number when it stands this often",
            options=tuple((count, count) for count in ("1", "2", "3", "5")),
            value="2",
        ),
        Choice(
            flag="--word-dropout",
            label="Share of the words that are only spelled in training",
            options=tuple((f"{float(share):.0%}", share) for share in ("0", "0.1", "0.2", "0.3")),
            value="0.2",
        ),
    ),
    figures=(
        epochs(20),
        batch(16),
        rate(0.003),
        Figure(flag="--hidden", label="Numbers in the state", value=64, least=1, most=1024, whole=True),
    ),
    score="f1",
    title="F of whole names",
)
