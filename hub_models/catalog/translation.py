"""Translators."""

from hub_models.checkpoint import Checkpoint, Metric

BUNDLED = (
    Checkpoint(
        id="transformer.multi30k",
        task="translation",
        title="Transformer",
        architecture="Transformer",
        year=2017,
        library="ours",
        source="bundled:transformer.multi30k",
        model="transformer",
        sentence=(
            "No recurrence: encoder and decoder look with four heads in every layer, at all words at once."
        ),
        paper=(
            "Vaswani, Shazeer, Parmar, Uszkoreit, Jones, "
            "Gomez, Kaiser, Polosukhin: Attention Is All You "
            "Need (2017)"
        ),
        weights_licence="Apache-2.0",
        data_licence="derived from Flickr30k: non-commercial research and education",
        trained_on="Multi30k (29,000 captions of photographs, English -> French)",
        parameters=1_442_304,
        megabytes=1.05,
        sha256="4d3f03edb9d26dc8d5753901681496efb9452fcab418e4b9b95dd5cfe6e8b2cc",
        recipe=(
            "python -m finetune.translation_multi30k "
            "transformer --data-dir DIR --output "
            "runs/transformer.multi30k"
        ),
        deviations=(
            "`norm_first` puts the normalisation before each "
            "part, which trains without warm-up (Xiong et al. "
            "2020); the default is the paper's, after it. "
            "Source and target have vectors of their own, or "
            "share one table as in the paper's own "
            "experiments (`shared`); those of the target are "
            "also the last layer."
        ),
        metrics=(
            Metric(
                dataset="Multi30k en-fr",
                split="dev",
                name="BLEU",
                value=0.497428,
                count=1014,
                low=0.479686,
                high=0.514474,
                baseline=0.169606,
                baseline_name="word for word, IBM model 1",
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev",
                name="chrF",
                value=0.676463,
                count=1014,
                low=0.6644,
                high=0.6884,
                baseline=0.173306,
                baseline_name="the source copied",
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 1 to 8 words",
                name="BLEU",
                value=0.553476,
                count=174,
                low=0.505096,
                high=0.603635,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 9 to 12 words",
                name="BLEU",
                value=0.51189,
                count=441,
                low=0.48429,
                high=0.537377,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 13 to 16 words",
                name="BLEU",
                value=0.510312,
                count=291,
                low=0.481936,
                high=0.538571,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 17 to 20 words",
                name="BLEU",
                value=0.445984,
                count=84,
                low=0.400428,
                high=0.49131,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, above 20 words",
                name="BLEU",
                value=0.304786,
                count=24,
                low=0.233459,
                high=0.38486,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="train",
                name="BLEU",
                value=0.520262,
                count=500,
                low=0.496804,
                high=0.54311,
                baseline=0.003792,
                baseline_name="the source copied",
            ),
        ),
    ),
    Checkpoint(
        id="seq2seq.multi30k",
        task="translation",
        title="Encoder-decoder without attention",
        architecture="Encoder-decoder without attention",
        year=2014,
        library="ours",
        source="bundled:seq2seq.multi30k",
        model="seq2seq",
        sentence=(
            "The whole sentence is squeezed into one vector "
            "of 192 numbers: enough for a short one, not for "
            "a long one."
        ),
        paper=(
            "Cho, van Merriënboer, Gulcehre, Bahdanau, "
            "Bougares, Schwenk, Bengio: Learning Phrase "
            "Representations using RNN Encoder-Decoder for "
            "Statistical Machine Translation (2014)"
        ),
        weights_licence="Apache-2.0",
        data_licence="derived from Flickr30k: non-commercial research and education",
        trained_on="Multi30k (29,000 captions of photographs, English -> French)",
        parameters=1_142_508,
        megabytes=0.81,
        sha256="16dc658d2e0c9ac3676d1c14bf1bffc23a36131e8eb3eee0126888cc8a82911f",
        recipe=(
            "python -m finetune.translation_multi30k seq2seq --data-dir DIR --output runs/seq2seq.multi30k"
        ),
        deviations=(
            "the encoder reads both ways, one table of "
            "vectors serves both languages and the last "
            "layer, which is a dense layer with tanh in place "
            "of maxout; small."
        ),
        metrics=(
            Metric(
                dataset="Multi30k en-fr",
                split="dev",
                name="BLEU",
                value=0.291233,
                count=1014,
                low=0.276267,
                high=0.306399,
                baseline=0.169606,
                baseline_name="word for word, IBM model 1",
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev",
                name="chrF",
                value=0.496375,
                count=1014,
                low=0.4849,
                high=0.5079,
                baseline=0.173306,
                baseline_name="the source copied",
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 1 to 8 words",
                name="BLEU",
                value=0.402475,
                count=174,
                low=0.35578,
                high=0.449705,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 9 to 12 words",
                name="BLEU",
                value=0.338432,
                count=441,
                low=0.314791,
                high=0.360761,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 13 to 16 words",
                name="BLEU",
                value=0.278417,
                count=291,
                low=0.253739,
                high=0.301443,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 17 to 20 words",
                name="BLEU",
                value=0.15458,
                count=84,
                low=0.12249,
                high=0.183775,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, above 20 words",
                name="BLEU",
                value=0.108535,
                count=24,
                low=0.080102,
                high=0.137776,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="train",
                name="BLEU",
                value=0.309863,
                count=500,
                low=0.288975,
                high=0.331525,
                baseline=0.003792,
                baseline_name="the source copied",
            ),
        ),
    ),
    Checkpoint(
        id="bahdanau.multi30k",
        task="translation",
        title="Bahdanau attention",
        architecture="Bahdanau attention",
        year=2015,
        library="ours",
        source="bundled:bahdanau.multi30k",
        model="bahdanau",
        sentence=(
            "Before each piece that it writes, a small "
            "network weighs all states of the encoder: it "
            "looks where it translates."
        ),
        paper=(
            "Bahdanau, Cho, Bengio: Neural Machine "
            "Translation by Jointly Learning to Align and "
            "Translate (2015)"
        ),
        weights_licence="Apache-2.0",
        data_licence="derived from Flickr30k: non-commercial research and education",
        trained_on="Multi30k (29,000 captions of photographs, English -> French)",
        parameters=1_207_084,
        megabytes=0.86,
        sha256="5490cefa965d320571333acd51578689a803e58fc545ae028ddd55273d9c520c",
        recipe=(
            "python -m finetune.translation_multi30k bahdanau --data-dir DIR --output runs/bahdanau.multi30k"
        ),
        deviations=(
            "one table of vectors serves both languages and "
            "the last layer, which is a dense layer with tanh "
            "in place of maxout; small."
        ),
        metrics=(
            Metric(
                dataset="Multi30k en-fr",
                split="dev",
                name="BLEU",
                value=0.487103,
                count=1014,
                low=0.469096,
                high=0.503923,
                baseline=0.169606,
                baseline_name="word for word, IBM model 1",
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev",
                name="chrF",
                value=0.670951,
                count=1014,
                low=0.6589,
                high=0.6829,
                baseline=0.173306,
                baseline_name="the source copied",
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 1 to 8 words",
                name="BLEU",
                value=0.525642,
                count=174,
                low=0.473845,
                high=0.571153,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 9 to 12 words",
                name="BLEU",
                value=0.503284,
                count=441,
                low=0.474239,
                high=0.530206,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 13 to 16 words",
                name="BLEU",
                value=0.500733,
                count=291,
                low=0.469765,
                high=0.527671,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 17 to 20 words",
                name="BLEU",
                value=0.414784,
                count=84,
                low=0.369347,
                high=0.462648,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, above 20 words",
                name="BLEU",
                value=0.3841,
                count=24,
                low=0.318373,
                high=0.460397,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="train",
                name="BLEU",
                value=0.503071,
                count=500,
                low=0.477731,
                high=0.526252,
                baseline=0.003792,
                baseline_name="the source copied",
            ),
        ),
    ),
    Checkpoint(
        id="luong.multi30k",
        task="translation",
        title="Luong attention",
        architecture="Luong attention",
        year=2015,
        library="ours",
        source="bundled:luong.multi30k",
        model="luong",
        sentence="The same idea with a product in place of the small network.",
        paper=(
            "Luong, Pham, Manning: Effective Approaches to Attention-based Neural Machine Translation (2015)"
        ),
        weights_licence="Apache-2.0",
        data_licence="derived from Flickr30k: non-commercial research and education",
        trained_on="Multi30k (29,000 captions of photographs, English -> French)",
        parameters=958_508,
        megabytes=0.69,
        sha256="a42e7bd917365ce3a40e585f13434d710171c56c9fbbdcc34745befb24e7e327",
        recipe="python -m finetune.translation_multi30k luong --data-dir DIR --output runs/luong.multi30k",
        deviations=(
            "the encoder is one layer that reads both ways, "
            "where the paper stacks four; without the paper's "
            '"input feeding"; one table of vectors serves '
            "both languages and the last layer; small."
        ),
        metrics=(
            Metric(
                dataset="Multi30k en-fr",
                split="dev",
                name="BLEU",
                value=0.477899,
                count=1014,
                low=0.460078,
                high=0.495209,
                baseline=0.169606,
                baseline_name="word for word, IBM model 1",
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev",
                name="chrF",
                value=0.661124,
                count=1014,
                low=0.6495,
                high=0.6727,
                baseline=0.173306,
                baseline_name="the source copied",
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 1 to 8 words",
                name="BLEU",
                value=0.515479,
                count=174,
                low=0.462705,
                high=0.563898,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 9 to 12 words",
                name="BLEU",
                value=0.493505,
                count=441,
                low=0.465234,
                high=0.52023,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 13 to 16 words",
                name="BLEU",
                value=0.492281,
                count=291,
                low=0.464115,
                high=0.51888,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, 17 to 20 words",
                name="BLEU",
                value=0.385277,
                count=84,
                low=0.338181,
                high=0.432093,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="dev, above 20 words",
                name="BLEU",
                value=0.383872,
                count=24,
                low=0.319645,
                high=0.456265,
            ),
            Metric(
                dataset="Multi30k en-fr",
                split="train",
                name="BLEU",
                value=0.476501,
                count=500,
                low=0.45255,
                high=0.500281,
                baseline=0.003792,
                baseline_name="the source copied",
            ),
        ),
    ),
)

OPUS = "Tiedemann, Thottingal: OPUS-MT, building open translation services for the world (2020)"
OPUS_DATA = "OPUS: parallel texts from the web, each with a licence of its own; see opus.nlpl.eu"

# The safetensors of these repositories stand in a commit of a pull request, not on their main branch: so each row names it.
HUB = (
    Checkpoint(
        id="opus_mt_en_fr.opus",
        task="translation",
        title="OPUS-MT, English to French",
        architecture="Transformer",
        year=2020,
        library="transformers",
        source="hub:Helsinki-NLP/opus-mt-en-fr",
        model="AutoModelForSeq2SeqLM",
        sentence="The Transformer of the lecture at its paper's size, trained on all English-French texts of a collection.",
        paper=OPUS,
        weights_licence="Apache-2.0",
        data_licence=OPUS_DATA,
        trained_on="OPUS (parallel texts of all kinds, English -> French)",
        parameters=75_133_952,
        megabytes=304.0,
        revision="f0fc6145f2a2c3b83955154b8fbae0cbb1554c78",
    ),
    Checkpoint(
        id="opus_mt_fr_en.opus",
        task="translation",
        title="OPUS-MT, French to English",
        architecture="Transformer",
        year=2020,
        library="transformers",
        source="hub:Helsinki-NLP/opus-mt-fr-en",
        model="AutoModelForSeq2SeqLM",
        sentence="The way back: translate into French, then into English again, and see what was lost.",
        paper=OPUS,
        weights_licence="Apache-2.0",
        data_licence=OPUS_DATA,
        trained_on="OPUS (parallel texts of all kinds, French -> English)",
        parameters=75_133_952,
        megabytes=304.0,
        revision="d1e0695bb7088571b5fdc25e950f415ad45c8ff1",
    ),
    Checkpoint(
        id="opus_mt_de_en.opus",
        task="translation",
        title="OPUS-MT, German to English",
        architecture="Transformer",
        year=2020,
        library="transformers",
        source="hub:Helsinki-NLP/opus-mt-de-en",
        model="AutoModelForSeq2SeqLM",
        sentence="German keeps its verbs for the end, so the alignment runs far from the diagonal.",
        paper=OPUS,
        weights_licence="Apache-2.0",
        data_licence=OPUS_DATA,
        trained_on="OPUS (parallel texts of all kinds, German -> English)",
        parameters=74_410_496,
        megabytes=301.0,
        revision="6f6b23ef5ef8a586414ad9d2b7dda64ca5352935",
    ),
)

CHECKPOINTS = (*BUNDLED, *HUB)
