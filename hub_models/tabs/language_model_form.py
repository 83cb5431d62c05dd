"""The Fine-tune form of language models: which reader learns, how large, from which text."""

from hub_models.ui.form import Choice, Figure, Form, batch, epochs, rate

FORM = Form(
    words=(
        "Teach a network to write like a text of yours (lecture, section 10.4): a `.txt` file, or a folder or zip "
        "of them. It needs no labels: what really comes next is the right answer at every character. A tenth of "
        "the text, in blocks of about two pages, is held out and chooses the weights. A million characters take a "
        "small LSTM some minutes on a CPU. A run survives a reload of this page, and a killed run resumes where "
        "it was."
    ),
    data="mine.txt, or train.txt and val.txt",
    wanted="a .txt file, a folder, a zip or a Hub dataset id of them",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("LSTM: best of the recurrent ones", "lstm"),
                ("GRU: simpler, and about as good", "gru"),
                ("RNN: the basic cell", "rnn"),
                ("Transformer (set 96 numbers a character)", "transformer"),
                ("go on from the LSTM of Shakespeare", "char_lstm.shakespeare"),
            ),
            value="lstm",
        ),
        Choice(
            flag="--dropout",
            label="Share of the numbers that are left out in training",
            options=tuple((f"{float(share):.0%}", share) for share in ("0", "0.1", "0.2", "0.4")),
            value="0.1",
        ),
    ),
    figures=(
        epochs(10),
        batch(32),
        rate(0.004),
        Figure(flag="--hidden", label="Numbers in the state", value=256, least=1, most=4096, whole=True),
        Figure(flag="--width", label="Numbers a character becomes", value=32, least=4, most=1024, whole=True),
        Figure(flag="--layers", label="Layers", value=1, least=1, most=12, whole=True),
        Figure(flag="--window", label="Characters in a row", value=128, least=8, most=2048, whole=True),
    ),
    score="probability",
    title="Mean probability of the right character on held-out text",
)
