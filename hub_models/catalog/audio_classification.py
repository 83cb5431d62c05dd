"""Networks that hear: a spectrogram network of ours on spoken digits, and large ones of the Hub."""

from hub_models.checkpoint import Checkpoint

BUNDLED: tuple[Checkpoint, ...] = ()

HUB = (
    Checkpoint(
        id="ast.audioset",
        task="audio-classification",
        title="AST",
        architecture="Audio Spectrogram Transformer",
        year=2021,
        library="transformers",
        source="hub:MIT/ast-finetuned-audioset-10-10-0.4593",
        model="ASTForAudioClassification",
        sentence=(
            "A Vision Transformer on the patches of a spectrogram, first trained on photographs: it names 527 kinds of "
            "sound, from music and animals to machines."
        ),
        paper="Gong, Chung, Glass: AST: Audio Spectrogram Transformer (2021)",
        weights_licence="BSD-3-Clause",
        data_licence="CC BY 4.0 for the labels of AudioSet; the sounds are of YouTube clips and belong to their authors",
        trained_on="AudioSet (2 million clips of 10 s, 527 classes)",
        parameters=86_594_063,
        megabytes=346.0,
    ),
    Checkpoint(
        id="ast.speech_commands",
        task="audio-classification",
        title="AST, keywords",
        architecture="Audio Spectrogram Transformer",
        year=2021,
        library="transformers",
        source="hub:MIT/ast-finetuned-speech-commands-v2",
        model="ASTForAudioClassification",
        sentence="The same Transformer taught 35 spoken words, with the ten digits: compare it with the small network.",
        paper="Gong, Chung, Glass: AST: Audio Spectrogram Transformer (2021)",
        weights_licence="BSD-3-Clause",
        data_licence="CC BY 4.0",
        trained_on="Speech Commands v2 (105,829 recordings of 35 words by 2,618 speakers)",
        parameters=85_395_491,
        megabytes=342.0,
    ),
    Checkpoint(
        id="wav2vec2.superb_ks",
        task="audio-classification",
        title="wav2vec 2.0, keywords",
        architecture="wav2vec 2.0",
        year=2020,
        library="transformers",
        source="hub:HenryXu1/wav2vec2-base-ft-keyword-spotting",
        model="Wav2Vec2ForSequenceClassification",
        sentence=(
            "Reads the waveform itself: convolutions learned from speech without labels take the place of the "
            "spectrogram. It spots ten commands, silence and other words."
        ),
        paper="Baevski, Zhou, Mohamed, Auli: wav2vec 2.0: A Framework for Self-Supervised Learning of Speech "
        "Representations (2020)",
        weights_licence="Apache-2.0",
        data_licence="CC BY 4.0",
        trained_on="Speech Commands v1, as the SUPERB benchmark cuts it (10 commands, silence, unknown)",
        parameters=94_571_660,
        megabytes=378.0,
    ),
    Checkpoint(
        id="whisper_tiny.speech",
        task="audio-classification",
        title="Whisper tiny, transcribes",
        architecture="Whisper",
        year=2022,
        library="transformers",
        source="hub:openai/whisper-tiny",
        model="WhisperForConditionalGeneration",
        sentence=(
            "An encoder-decoder Transformer that reads the log-mel spectrogram of 30 s and writes what is said, in 98 "
            "languages: no fixed set of words any more."
        ),
        paper="Radford, Kim, Xu, Brockman, McLeavey, Sutskever: Robust Speech Recognition via Large-Scale Weak "
        "Supervision (2022)",
        weights_licence="Apache-2.0",
        data_licence="unstated; 680,000 hours of speech with transcripts from the internet",
        trained_on="680,000 hours of speech (from the internet, 98 languages)",
        parameters=37_760_640,
        megabytes=151.0,
    ),
)

CHECKPOINTS = (*BUNDLED, *HUB)
