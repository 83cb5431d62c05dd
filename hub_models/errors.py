"""Everything that can go wrong for a person using the hub, and what to tell them.

    HubError                  code, message: one sentence that says what was expected, what came, what to do
    ├── BadInput              the picture, text, number or file that was given cannot be used
    ├── BadData               a training or evaluation data set cannot be used
    ├── CheckpointError       a checkpoint is unknown, missing, corrupt, foreign or unsafe
    ├── HubUnavailable        the Hugging Face Hub cannot be reached, or refuses
    └── Overloaded            no time, memory, disk or place in the queue was left; or cancelled

A `HubError` is shown to the person as it is, so its message never holds a path of this machine, a token
or a traceback. Any other exception is a bug: it is logged with its traceback and shown as one plain line.
"""


class HubError(Exception):
    """An error for people. `code` is stable and machine readable (`image_empty`), `message` is a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class BadInput(HubError):
    """The input given cannot be used: `image_empty`, `image_too_large`, `not_an_image`, `bad_value`, ..."""


class BadData(HubError):
    """A data set cannot be used: `data_missing`, `data_one_class`, `data_unreadable`, `archive_bomb`, ..."""


class CheckpointError(HubError):
    """`checkpoint_unknown`, `checkpoint_missing`, `checkpoint_corrupt`, `checkpoint_foreign`, `checkpoint_unsafe`."""


class HubUnavailable(HubError):
    """`hub_offline`, `hub_unreachable`, `hub_not_found`, `hub_forbidden`, `hub_failed`."""


class Overloaded(HubError):
    """`deadline`, `cancelled`, `out_of_memory`, `disk_full`, `queue_full`."""
