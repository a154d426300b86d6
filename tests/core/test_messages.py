"""Every code that the program can raise has a sentence, and nothing else is in the catalogue."""

import ast
import re
from pathlib import Path

import explorer
from explorer.messages import catalogue

ROOT = Path(explorer.__file__).parent
RAISERS = {
    "ExplorerError",
    "ProgramError",
    "UsageError",
    "UnavailableError",
    "Diagnostic",
    "fail",
    "say",
    "sentence",
    "hint",
    "note",
    "_notice",
}


def codes_in(tree: ast.AST) -> set[str]:
    """String constants that are arguments of a call which takes a message code."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in RAISERS:
                found |= {a.value for a in node.args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    return found


def test_every_raised_code_has_a_sentence():
    known = set(catalogue())
    for file in ROOT.rglob("*.py"):
        missing = {c for c in codes_in(ast.parse(file.read_text())) - known if re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", c)}
        assert not missing, f"{file.name} raises {missing}, which has no sentence"


def test_every_sentence_is_used_and_ends_like_one():
    text = "".join(file.read_text() for folder in (ROOT, ROOT.parent / "widgets") for file in folder.rglob("*.py"))
    for code, entry in catalogue().items():
        assert f'"{code}"' in text, f"nothing uses the message {code}"
        assert set(entry) <= {"message", "hint"}
        assert entry["message"].strip(), code
