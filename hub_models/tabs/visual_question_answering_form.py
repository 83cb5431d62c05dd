"""The Fine-tune form of visual question answering: how both are fused, and what the pictures are."""

from hub_models.ui.form import Choice, Figure, Form, batch, epochs, rate

FORM = Form(
    words=(
        "Teach a network your own questions (lecture, section 10.9.2): pictures and one list `questions.json`, each entry "
        "with `image`, `question` and `answer`. The answers that stand there become the fixed set. Ask every question of "
        "pictures with different answers, or the network learns to answer without looking; a run with `--blind` shows how "
        "far that goes. Drawings are seen by a small network that learns with the rest; of photographs, frozen ImageNet "
        "features are taken. A run survives a reload of this page, and a killed run resumes where it was."
    ),
    data="a folder with pictures and questions.json",
    wanted="a folder, a zip or a Hub dataset id of pictures with questions",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("fusion by element-wise product", "vqa-product"),
                ("fusion by concatenation", "vqa-concatenation"),
                ("bilinear fusion", "vqa-bilinear"),
                ("ViLT: a Transformer, downloaded", "transformers:dandelin/vilt-b32-finetuned-vqa"),
            ),
            value="vqa-product",
        ),
        Choice(
            flag="--regions",
            label="Pictures",
            options=(
                ("photographs: ImageNet features", "imagenet"),
                ("drawings: a small network of its own", "own"),
            ),
            value="imagenet",
        ),
        Choice(
            flag="--least-answers",
            label="An answer counts when it stands this often",
            options=tuple((count, count) for count in ("1", "2", "3", "5", "10")),
            value="2",
        ),
    ),
    figures=(
        epochs(12),
        batch(32),
        rate(0.002),
        Figure(
            flag="--questions-at-once", label="Questions about a picture in a step",
            value=8, least=1, most=64, whole=True,
        ),
    ),
    score="accuracy",
    title="Accuracy",
    train_score="train_accuracy",
)  # fmt: skip
