"""Questions that our networks answer wrongly, and what they teach. Each is computed live."""

from hub_models.ui.failures import Failure

FAILURES: tuple[Failure, ...] = ()
