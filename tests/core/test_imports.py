"""What an import may load: catches imports by string, which linters miss."""

import subprocess
import sys

import pytest

FRAMEWORKS = ("torch", "tensorflow", "jax", "keras")


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(' '.join(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import explorer",
        "import explorer.api, explorer.cli",
        "import explorer.commands.grad",
        "import explorer.worker.client",
        "import explorer.worker.__main__, explorer.worker.supervisor",
        "import explorer.picture.svg",
        "import widgets",
    ],
)
def test_no_framework_and_no_qt_is_loaded(statement):
    assert not loaded_after(statement) & {*FRAMEWORKS, "PySide6", "pyqtgraph"}


def test_the_window_loads_no_framework_and_nothing_slow():
    loaded = loaded_after("import widgets.main_window, widgets.application, widgets.documents")
    assert not loaded & {*FRAMEWORKS, "pyqtgraph", "networkx", "scipy"}


def test_a_notebook_calls_the_package_itself():
    import explorer
    import explorer.capture.record as record

    assert callable(explorer.capture)
    assert callable(explorer.run)
    assert record.Capture
