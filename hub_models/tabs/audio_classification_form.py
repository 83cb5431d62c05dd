"""The Fine-tune form of audio classification."""

from hub_models.ui.form import Choice, Form, batch, epochs, rate

FORM = Form(
    words=(
        "Teach a network your own sounds: one folder a class, `train/` and `dev/` above them where you have both (else a "
        "share is split off). Record each class by several people, and say with *Kept together* which part of the file name "
        "names the person, so that the figure is of a voice that was never heard. The small network takes some minutes on a "
        "CPU; a pretrained one needs fewer sounds and a GPU, and hears 16,000 samples a second. A run survives a reload of "
        "this page, and a killed run resumes where it was."
    ),
    data="sounds/ with one folder a class",
    wanted="a folder, a zip or a Hub dataset id of sounds",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("Spectrogram CNN from random weights", "spectrogram-cnn"),
                ("Spectrogram CNN that knows the spoken digits", "spectrogram_cnn.digits"),
                (
                    "AST: a Transformer on spectrograms, downloaded",
                    "transformers:MIT/ast-finetuned-audioset-10-10-0.4593",
                ),
            ),
            value="spectrogram-cnn",
        ),
        Choice(
            flag="--group-by",
            label="Kept together (part of the file name)",
            options=(("nothing", "0"), ("part 1", "1"), ("part 2: 7_jackson_32.wav", "2"), ("part 3", "3")),
            value="0",
        ),
        Choice(
            flag="--rate",
            label="Samples a second, where the network is new",
            options=(("8,000: telephone", "8000"), ("16,000: speech", "16000"), ("32,000: music", "32000")),
            value="8000",
        ),
    ),
    figures=(epochs(30), batch(64), rate(0.004)),
    score="accuracy",
    title="Accuracy",
    train_score="train_accuracy",
)
