"""Sessions on disk."""

import json
import os
import subprocess
import sys

import pytest

from explorer.errors import UsageError
from explorer.session import State
from explorer.session_files import Autosave, RecentFiles, from_json, load, read_text, save, to_json

FULL = State(
    text="a*(a+b)",
    inputs={"a": "2.0", "b": "normal(3):float64"},
    ranges={"a": (-5.0, 5.0)},
    framework="jax",
    stage="gradient",
    selection=("mul",),
    cursor=3,
    theme="projector",
    direction="right",
)


def test_a_session_comes_back_as_it_was(tmp_path):
    save(FULL, tmp_path / "deep" / "x.backflow")
    assert load(tmp_path / "deep" / "x.backflow") == FULL
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["x.backflow"]


def test_a_file_of_another_kind_is_refused_in_one_sentence(tmp_path):
    for text in ("", "[1]", '{"format": "other"}', "a*(a+b)", '{"format": "backflow-session"'):
        (tmp_path / "x.backflow").write_text(text)
        with pytest.raises(UsageError) as error:
            load(tmp_path / "x.backflow")
        assert error.value.code == "not_a_session"
        assert "x.backflow" in str(error.value)


def test_a_newer_version_is_refused_by_name():
    with pytest.raises(UsageError) as error:
        from_json({**to_json(FULL), "version": 7}, path="x")
    assert "version 7" in str(error.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", 3), ("text", "x" * 100_001), ("inputs", ["a"]), ("inputs", {"a": 2.0}), ("ranges", {"a": [1, 1]}),
        ("ranges", {"a": [0, float("inf")]}), ("ranges", {"a": 3}), ("framework", "numpy"), ("theme", "pink"),
        ("direction", "up"), ("selection", "mul"), ("cursor", -1), ("cursor", True), ("cursor", 1.5),
    ],
)  # fmt: skip
def test_a_damaged_field_is_named(field, value):
    with pytest.raises(UsageError) as error:
        from_json({**to_json(FULL), field: value}, path="x")
    assert error.value.code == "damaged_session"
    assert f'"{field}"' in str(error.value)


def test_fields_that_are_missing_or_unknown_do_no_harm():
    assert from_json({"format": "backflow-session", "version": 1, "text": "x", "later": 1}, path="x") == State(text="x")


def test_a_folder_a_long_file_and_bytes_are_refused(tmp_path):
    (tmp_path / "long.py").write_text("x" * 900_000)
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe\x00")
    for name, code in (
        (".", "cannot_read"),
        ("none.py", "cannot_read"),
        ("long.py", "file_too_long"),
        ("bytes.py", "not_text"),
    ):
        with pytest.raises(UsageError) as error:
            read_text(tmp_path / name)
        assert error.value.code == code


def test_line_ends_and_byte_order_mark_do_not_reach_the_editor(tmp_path):
    (tmp_path / "x.py").write_bytes(b"\xef\xbb\xbfa\r\n+b\r")
    assert read_text(tmp_path / "x.py") == "a\n+b\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError) as error:
        save(FULL, tmp_path / "x.backflow")
    assert error.value.code == "cannot_write"


def test_recent_files_newest_first_each_once_nine_at_most(tmp_path):
    recent = RecentFiles(tmp_path / "recent.json")
    for number in (*range(12), 5):
        recent.add(tmp_path / f"{number}.py")
    assert [path.stem for path in recent.paths()] == ["5", "11", "10", "9", "8", "7", "6", "4", "3"]


def test_a_damaged_list_of_recent_files_is_an_empty_one(tmp_path):
    (tmp_path / "recent.json").write_text("{")
    assert RecentFiles(tmp_path / "recent.json").paths() == []
    (tmp_path / "recent.json").write_text(json.dumps({"a": 1}))
    assert RecentFiles(tmp_path / "recent.json").paths() == []


def test_what_a_dead_process_left_is_found_once(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    save(FULL, tmp_path / f"{ended.pid}.backflow")
    autosave = Autosave(tmp_path)
    autosave.write(State(text="mine"))
    assert autosave.lost() == FULL
    assert autosave.lost() is None
    assert load(autosave.path).text == "mine"


def test_half_an_autosave_is_no_trouble(tmp_path):
    (tmp_path / "999999999.backflow").write_text('{"format": "backfl')
    assert Autosave(tmp_path).lost() is None


def test_nothing_in_a_session_is_run(tmp_path):
    marker = tmp_path / "ran"
    evil = {**to_json(FULL), "text": f"__import__('pathlib').Path({str(marker)!r}).touch()", "inputs": {"a": "exit()"}}
    (tmp_path / "x.backflow").write_text(json.dumps(evil))
    load(tmp_path / "x.backflow")
    assert not marker.exists()
