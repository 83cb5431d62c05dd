"""Checkpoints that say which opinion a text has: recurrent networks trained by us, and a Transformer on the Hub."""

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
        megabytes=0.41,
        sha256="74b995388fad5227d31c698c22e92d77cbe3befdeff05c28cf68b596f7d061a9",
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
                value=0.8955,
                count=2000,
                low=0.881326,
                high=0.908157,
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
        megabytes=0.44,
        sha256="1bda5d7497fda2ab169b1dc9f835e556bc85d79bd34d43798319be03c94e939c",
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
                value=0.9515,
                count=2000,
                low=0.941189,
                high=0.96008,
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
        megabytes=0.39,
        sha256="cad4c4a6466cedb19121105c043a7a49ce40ca06aad05b79ccab4a95f57267a9",
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
                value=0.9535,
                count=2000,
                low=0.94337,
                high=0.961891,
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
        megabytes=0.4,
        sha256="4a2eb5c0e722a18d6e0fcb4eb566a5969eeb4ec4a88cc606b075d61ff200a4e0",
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
                value=0.803899,
                count=872,
                low=0.776237,
                high=0.828895,
                baseline=0.798165,
                baseline_name="bag of words",
            ),
            Metric(
                dataset="SST-2",
                split="train",
                name="accuracy",
                value=0.958,
                count=2000,
                low=0.948296,
                high=0.965948,
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
        megabytes=0.37,
        sha256="b539a3643a157f535ef0a4bb256f5c7a1939b3804b0ca03d13df175bd93d4d75",
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
                value=0.790138,
                count=872,
                low=0.761867,
                high=0.815863,
                baseline=0.798165,
                baseline_name="bag of words",
            ),
            Metric(
                dataset="SST-2",
                split="train",
                name="accuracy",
                value=0.907,
                count=2000,
                low=0.89348,
                high=0.91896,
                baseline=0.5145,
                baseline_name="majority class",
            ),
        ),
    ),
)

CHECKPOINTS = (*BUNDLED, *HUB)
