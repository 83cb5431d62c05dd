"""The Fine-tune form of image captioning."""

from hub_models.ui.form import Choice, Form, batch, epochs, rate

FORM = Form(
    words=(
        "Teach a network to describe your own pictures (lecture, sections 10.8 and 10.9.1). *captions.json* "
        "beside the pictures says what each shows: *{\"picture.jpg\": [\"a dog runs on grass\", ...]}*; several "
        "captions a picture help, and captions of pictures that are not there teach it the language. What the "
        "network of ImageNet says of each picture is computed once, so training is fast even without a GPU. BLIP "
        "and GIT of the Hub are fine-tuned by the command line: *--model "
        "transformers:Salesforce/blip-image-captioning-large --lora-rank 8*. A run survives a reload of this page, and "
        "a killed run resumes where it was."
    ),
    data="pictures and captions.json",
    wanted="a folder, a zip or a Hub dataset id of pictures with captions",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("With attention, going on from Flickr8k", "caption_attention.flickr8k"),
                ("Without attention, going on from Flickr8k", "caption_lstm.flickr8k"),
                ("With attention, from random weights", "caption-attention"),
                ("Without attention, from random weights", "caption-lstm"),
            ),
            value="caption_attention.flickr8k",
        ),
    ),
    figures=(epochs(10), batch(16), rate(0.002)),
    score="probability",
    title="Mean probability of a word of a dev caption",
)  # fmt: skip
