"""Sounds that our network is known to hear wrongly, and what they teach. Each is computed live."""

from hub_models.ui.failures import Failure

OURS = "spectrogram_cnn.digits"
FAILURES = (
    Failure(
        title="A band is asked for a digit",
        example="band",
        checkpoint=OURS,
        why="Softmax shares 100 % among ten digits, whatever sounds. Where one of them gets much, the network is believed "
        "although it heard no voice at all; the threshold below which it is not believed was measured on voices.",
    ),
    Failure(
        title="A whole sentence",
        example="sentence",
        checkpoint=OURS,
        why="It hears one second, the loudest, and knows ten words. Words inside a sentence run into each other, and most "
        "of them are none of the ten: it was only ever shown words that stand alone.",
    ),
    Failure(
        title="Five digits, one answer",
        example="a row of digits",
        checkpoint=OURS,
        why="The answer is of the loudest second. Below it the second slides along the sound: words are cut by its border, "
        "and two neighbours may share it. A network that writes a sequence (Whisper) has no such window.",
    ),
    Failure(
        title="One long tone",
        example="saxophone",
        checkpoint=OURS,
        why="Vowels are tones with overtones, and so is a saxophone. What tells them apart is how the overtones move, which "
        "ten words by five speakers do not teach.",
    ),
)
