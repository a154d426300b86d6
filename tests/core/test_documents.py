"""The pages that say what the program does are true."""

import re
import tomllib
from pathlib import Path

import pytest

from explorer.adapters import FRAMEWORKS
from explorer.capture.document import document
from explorer.capture.expression import parse
from explorer.cli import COMMANDS

ROOT = Path(__file__).parents[2]


def test_the_page_of_expressions_is_made_from_the_tables():
    page = (ROOT / "docs" / "expressions.md").read_text("utf-8")
    assert page == document(), "write it anew with: make expressions"


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
def test_every_file_a_page_names_is_there(page):
    text = (ROOT / page).read_text("utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    paths = re.findall(r"`((?:explorer|widgets|resources|samples|tests|docs|benchmarks)/[\w./-]+)`", text)
    for path in links:
        assert ((ROOT / page).parent / path).exists(), f"{page} links to {path}"
    for path in paths:
        assert (ROOT / path).exists(), f"{page} names {path}"


def test_the_readme_names_every_command():
    text = (ROOT / "README.md").read_text("utf-8")
    for command in set(COMMANDS) - {"worker"}:
        assert f"backflow {command}" in text


def test_every_framework_has_its_extra():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {framework.key for framework in FRAMEWORKS} <= set(project["optional-dependencies"])
    assert not any(name.startswith(("torch", "tensorflow", "jax")) for name in project["dependencies"])


@pytest.mark.parametrize("sample", sorted((ROOT / "samples" / "expressions").glob("*")), ids=lambda path: path.stem)
def test_every_sample_is_an_expression_with_a_description(sample):
    text = sample.read_text("utf-8")
    assert text.startswith("#")
    assert parse(text).statements
