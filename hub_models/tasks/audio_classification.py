"""Audio classification (lecture, chapter 11): one sound in, a probability for every class that the network knows.

A sound is a row of samples; a network for pictures cannot use it. Cut into short frames, each weighted by a window and
Fourier-transformed, it becomes a picture: time to the right, frequency upwards, brightness for power (the spectrogram).
Mel filters merge the frequencies as finely as the ear tells them apart, the logarithm makes loud and quiet alike. What is
left to do is image classification (section 13.0): the same word is the same pattern, a little shifted, stretched, higher or
lower. The difficulty is who speaks: a network that hears five voices learns five voices, unless the sounds are changed at
random while it learns. Larger systems look at patches of the spectrogram with a Transformer (AST), learn their filters from
the waveform (wav2vec 2.0), or write down whole sentences (Whisper).
"""

from pathlib import Path

from hub_models.answering import timed
from hub_models.loader import LOADER
from hub_models.sound import decode_sound
from hub_models.task import Answer, Example, Task

ID = "audio-classification"
DEFAULT = "spectrogram_cnn.digits"
SOUNDS = "gradio/media_assets/audio"


def predict(sound: Path, checkpoint: str = DEFAULT) -> Answer:
    """Say what is heard in a sound: probabilities of the classes that the checkpoint knows, or the words it writes."""
    decoded = decode_sound(sound)

    def work(predictor):
        return timed(predictor.predict, decoded.at(predictor.rate))

    result, seconds = LOADER.run(checkpoint, ID, work)
    return Answer(
        result=result, seconds=seconds, device=LOADER.device, checkpoint=checkpoint, notes=decoded.notes
    )


TASK = Task(
    id=ID,
    title="Audio classification",
    lecture="11",
    summary="Says which of the classes it knows a sound is, with a probability for each: spoken digits offline.",
    papers=(
        "Stevens, Volkmann, Newman: A scale for the measurement of the psychological magnitude pitch (1937)",
        "Allen: Short term spectral analysis, synthesis, and modification by discrete Fourier transform (1977)",
        "Sainath, Parada: Convolutional neural networks for small-footprint keyword spotting (2015)",
        "Park, Chan, Zhang, Chiu, Zoph, Cubuk, Le: SpecAugment (2019)",
        "Baevski, Zhou, Mohamed, Auli: wav2vec 2.0 (2020)",
        "Gong, Chung, Glass: AST, Audio Spectrogram Transformer (2021)",
        "Radford, Kim, Xu, Brockman, McLeavey, Sutskever: Robust speech recognition via large-scale weak supervision (2022)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="audio_classification",
    needs=("torch", "torchvision", "transformers", "soundfile", "soxr"),
    examples=(
        Example(name="seven", place="hub_models/examples/digit_seven.flac", says="jackson says seven"),
        Example(name="two", place="hub_models/examples/digit_two.flac", says="nicolas says two"),
        Example(name="nine", place="hub_models/examples/digit_nine.flac", says="george says nine"),
        Example(name="zero", place="hub_models/examples/digit_zero.flac", says="lucas says zero"),
        Example(name="five, quiet", place="hub_models/examples/digit_five.flac", says="yweweler says five"),
        Example(
            name="a row of digits",
            place="hub_models/examples/digits_row.flac",
            says="three, one, four, one, five",
        ),
        Example(name="band", place=f"{SOUNDS}/cantina.wav", says="music of a small band"),
        Example(name="saxophone", place=f"{SOUNDS}/sax.wav", says="a saxophone plays alone"),
        Example(name="sentence", place=f"{SOUNDS}/heath_ledger.mp3", says="a man speaks a sentence"),
    ),
)
