"""The documented choices at kinks, as parameters for the tests of one adapter."""

import numpy as np

from explorer.adapters.base import Adapter
from explorer.capture.document import kinks
from explorer.capture.record import Source

KINKS = kinks()
IDS = [f"{kink['text']} by {kink['by']}" for kink in KINKS]


def assert_kink(adapter: Adapter, framework: str, kink: dict) -> None:
    """The framework's own gradient at the kink is the documented one."""
    program = adapter.load(Source(kink["text"], framework, kink["inputs"]))
    _, gradients = program.value_and_gradients(program.inputs)
    np.testing.assert_allclose(gradients[kink["by"]], kink[framework], rtol=1e-6)
