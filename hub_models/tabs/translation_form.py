"""The Fine-tune form of translation: which network learns, how large, from which pairs."""

from hub_models.ui.form import Choice, Figure, Form, batch, epochs, rate

FORM = Form(
    words=(
        "Teach a network to translate like pairs of yours (lecture, sections 10.9 and 10.10): one table with a sentence "
        "and its translation in every row, `train.tsv` (or csv), perhaps a `dev.tsv` to choose the weights on; or two text "
        "files, `train.en` and `train.fr`, a sentence a line (put both into a folder or zip). Ours learn from these pairs "
        "alone and need tens of thousands; a Marian network of the Hub that knows the languages needs hundreds, whole or "
        "through LoRA: low-rank matrices beside its weights, which are added to them in the end. A run survives a reload "
        "of this page, and a killed run resumes where it was."
    ),
    data="train.tsv: sentence, translation",
    wanted="a folder, a table, a zip or a Hub dataset id of pairs of sentences",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("Transformer: best of ours", "transformer"),
                ("Bahdanau: recurrent, with attention", "bahdanau"),
                ("Luong: recurrent, with a product as attention", "luong"),
                ("Encoder-decoder without attention", "seq2seq"),
                ("go on from the Transformer of Multi30k", "transformer.multi30k"),
                ("OPUS-MT, English to French, downloaded", "transformers:Helsinki-NLP/opus-mt-en-fr"),
            ),
            value="transformer",
        ),
        Choice(
            flag="--lora-rank",
            label="LoRA, of a network of the Hub",
            options=(("no: all weights learn", "0"), *((f"rank {rank}", rank) for rank in ("4", "8", "16"))),
            value="0",
        ),
        Choice(
            flag="--dropout",
            label="Share of the numbers that are left out in training",
            options=tuple((f"{float(share):.0%}", share) for share in ("0", "0.1", "0.2", "0.3")),
            value="0.2",
        ),
    ),
    figures=(
        epochs(12),
        batch(64),
        rate(0.0015),
        Figure(flag="--pieces", label="Pieces of words", value=3_500, least=50, most=60_000, whole=True),
        Figure(flag="--width", label="Numbers in a vector", value=128, least=8, most=1024, whole=True),
        Figure(flag="--layers", label="Layers of a Transformer", value=3, least=1, most=12, whole=True),
    ),
    score="probability",
    title="Mean probability of the right piece of held-out translations",
)
