"""Checkpoints that find names in a text: a BiLSTM trained by us, and BERT on the Hub."""

from hub_models.checkpoint import Checkpoint, Metric

TASK = "named-entities"

HUB = (
    Checkpoint(
        id="bert_base.conll2003",
        task=TASK,
        title="BERT (base, cased)",
        architecture="Transformer",
        year=2019,
        library="transformers",
        source="hub:dslim/bert-base-NER",
        model="AutoModelForTokenClassification",
        sentence="Twelve layers of attention that had read books and Wikipedia before they were taught what a name is.",
        paper="Devlin, Chang, Lee, Toutanova: BERT: Pre-training of Deep Bidirectional Transformers for Language "
        "Understanding (2019)",
        weights_licence="MIT",
        data_licence="CoNLL-2003: Reuters news, research only",
        trained_on="CoNLL-2003 (14,987 sentences of Reuters news; people, places, organisations and other names)",
        parameters=107_726_601,
        megabytes=433.3,
    ),
)

BUNDLED = (
    Checkpoint(
        id="tagger.wikigold",
        task="named-entities",
        title="BiLSTM tagger",
        architecture="Bidirectional LSTM",
        year=2016,
        library="ours",
        source="bundled:tagger.wikigold",
        model="tagger",
        sentence=(
            "Reads a sentence both ways and spells every "
            "word, so that it can tell a name that it has "
            "never seen."
        ),
        paper="Ma, Hovy: End-to-end Sequence Labeling via Bi-directional LSTM-CNNs-CRF (2016)",
        weights_licence="Apache-2.0",
        data_licence="CC BY 4.0 each; the vectors of the words come from MiniLM (Apache-2.0)",
        trained_on=(
            "Wikigold, WNUT-17 and Broad Twitter (English, people, places, organisations and other names)"
        ),
        parameters=416_601,
        megabytes=0.45,
        sha256="2887835d65a2067d047bea1980fc9fe5eb33293cfad1f1bba4126a903e7c43d4",
        recipe=(
            "python -m finetune.token_classification_wikigold "
            "all --data-dir DIR --output runs/tagger.all && "
            "python -m finetune.token_classification_wikigold "
            "articles --data-dir DIR --output "
            "runs/tagger.wikigold"
        ),
        deviations=(
            "a softmax at every word in place of the "
            "conditional random field, so that every word has "
            "its probabilities (impossible sequences of tags "
            "are ruled out when the answer is read); all "
            "vectors of words are learned here."
        ),
        metrics=(
            Metric(
                dataset="Wikigold",
                split="dev",
                name="entity F",
                value=0.61919,
                count=649,
                low=0.557774,
                high=0.692981,
                baseline=0.182815,
                baseline_name="commonest tag of each word",
            ),
            Metric(
                dataset="Wikigold",
                split="dev",
                name="entity precision",
                value=0.60292,
                count=685,
                low=0.539278,
                high=0.684549,
            ),
            Metric(
                dataset="Wikigold",
                split="dev",
                name="entity recall",
                value=0.636364,
                count=649,
                low=0.570369,
                high=0.711455,
            ),
            Metric(
                dataset="WNUT-17",
                split="dev",
                name="entity F",
                value=0.297045,
                count=836,
                low=0.261891,
                high=0.330039,
                baseline=0.234888,
                baseline_name="commonest tag of each word",
            ),
            Metric(
                dataset="Wikigold",
                split="train",
                name="entity F",
                value=0.72479,
                count=2045,
                low=0.69003,
                high=0.755805,
            ),
        ),
    ),
)

CHECKPOINTS = (*BUNDLED, *HUB)
