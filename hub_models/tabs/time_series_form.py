"""The Fine-tune form of time series: which cell learns, from how much that is drawn, how far it looks."""

from hub_models.ui.form import Choice, Figure, Form, batch, epochs, rate

FORM = Form(
    words=(
        "Teach a network your own series (lecture, section 10.3.3): a CSV with one series, or a folder or zip of them, "
        "the more the better; a folder `test/` holds series that are never trained on. The split is by time: of each "
        "series the newest 15 % measure, the 15 % before them choose the weights, the rest trains. Few real series show "
        "few trends and seasons, so a share of the lessons comes from series that are drawn at random. It takes some "
        "minutes on a CPU. A run survives a reload of this page, and a killed run resumes where it was."
    ),
    data="sales.csv, or a folder of such files",
    wanted="a .csv file, a folder, a zip or a Hub dataset id of them",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("GRU: two gates", "gru"),
                ("LSTM: three gates and a long-term state", "lstm"),
                ("RNN: the basic cell", "rnn"),
                ("go on from the GRU that is here", "gru.series"),
            ),
            value="gru",
        ),
        Choice(
            flag="--drawn",
            label="Share of the lessons from drawn series",
            options=tuple((f"{float(share):.0%}", share) for share in ("0", "0.3", "0.5", "0.8")),
            value="0.5",
        ),
    ),
    figures=(
        epochs(8),
        batch(64),
        rate(0.003),
        Figure(flag="--horizon", label="Steps ahead at once", value=24, least=1, most=240, whole=True),
        Figure(flag="--window", label="Values that are read", value=96, least=16, most=1000, whole=True),
        Figure(flag="--hidden", label="Numbers in the state", value=48, least=1, most=1024, whole=True),
    ),
    score="closeness",
    title="1 / (1 + MASE) on held-out steps",
)
