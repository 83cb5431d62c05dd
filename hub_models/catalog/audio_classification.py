"""Networks that hear: a spectrogram network of ours on spoken digits, and large ones of the Hub."""

from hub_models.checkpoint import Checkpoint, Metric

BUNDLED = (
    Checkpoint(
        id="spectrogram_cnn.digits",
        task="audio-classification",
        title="Spectrogram CNN",
        architecture="Spectrogram CNN",
        year=2015,
        library="ours",
        source="bundled:spectrogram_cnn.digits",
        model="spectrogram_cnn",
        sentence="A sound becomes a picture, and a network for pictures reads a spoken digit from it.",
        paper="Sainath, Parada: Convolutional Neural Networks for Small-footprint Keyword Spotting (2015)",
        weights_licence="Apache-2.0",
        data_licence="CC BY-SA 4.0",
        trained_on="Free Spoken Digit Dataset (2,500 recordings of the digits by 5 speakers)",
        parameters=188_866,
        megabytes=0.18,
        sha256="49d06f518509fd44ce3883f3414318018b5eea531a9defdfdb8ddf2ecf16511c",
        recipe=(
            "python -m finetune.audio_classification_digits "
            "--data-dir DIR --output "
            "runs/spectrogram_cnn.digits"
        ),
        deviations=(
            "deeper, 3 x 3 kernels with batch normalisation, "
            "strides and pooling in both directions, and the "
            "mean over time and frequency before the last "
            "layer where the paper has linear layers; the "
            "waveform comes in, is made equally loud and "
            "turned into its log-mel spectrogram by the "
            "network itself, so that rate, window, hop and "
            "filters travel with the weights."
        ),
        metrics=(
            Metric(
                dataset="spoken digits",
                split="each of 5 speakers left out, interval over the speakers",
                name="accuracy",
                value=0.8992,
                count=2500,
                low=0.837052,
                high=0.961348,
                baseline=0.5244,
                baseline_name="log-mel mean, logistic regression",
            ),
            Metric(
                dataset="spoken digits",
                split="speaker george, left out",
                name="accuracy",
                value=0.924,
                count=500,
                low=0.897404,
                high=0.944131,
                baseline=0.294,
                baseline_name="log-mel mean, logistic regression",
            ),
            Metric(
                dataset="spoken digits",
                split="speaker jackson, left out",
                name="accuracy",
                value=0.834,
                count=500,
                low=0.798865,
                high=0.864042,
                baseline=0.642,
                baseline_name="log-mel mean, logistic regression",
            ),
            Metric(
                dataset="spoken digits",
                split="speaker lucas, left out",
                name="accuracy",
                value=0.968,
                count=500,
                low=0.948655,
                high=0.980208,
                baseline=0.334,
                baseline_name="log-mel mean, logistic regression",
            ),
            Metric(
                dataset="spoken digits",
                split="speaker nicolas, left out",
                name="accuracy",
                value=0.888,
                count=500,
                low=0.857346,
                high=0.912737,
                baseline=0.576,
                baseline_name="log-mel mean, logistic regression",
            ),
            Metric(
                dataset="spoken digits",
                split="speaker yweweler, left out",
                name="accuracy",
                value=0.882,
                count=500,
                low=0.850768,
                high=0.907407,
                baseline=0.776,
                baseline_name="log-mel mean, logistic regression",
            ),
            Metric(
                dataset="spoken digits",
                split="speakers left out, answers that are believed",
                name="accuracy",
                value=0.933946,
                count=2286,
                low=0.923019,
                high=0.943417,
            ),
            Metric(
                dataset="spoken digits",
                split="speakers left out, wrong answers",
                name="refused",
                value=0.400794,
                count=252,
                low=0.342215,
                high=0.462351,
            ),
            Metric(
                dataset="noise, white to brown",
                split="pieces of a second",
                name="refused",
                value=1.0,
                count=200,
                low=0.981155,
                high=1.0,
            ),
            Metric(
                dataset="music and sentences, gradio/media_assets",
                split="pieces of a second",
                name="refused",
                value=0.458333,
                count=72,
                low=0.348286,
                high=0.572601,
            ),
        ),
    ),
)

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
