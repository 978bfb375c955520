"""The log of a script: its output without progress bars, and no obstacle to a debugger."""

import subprocess
import sys
from pathlib import Path

from terminals import typed

WORKFLOW = Path(__file__).parents[3] / "workflow"
HEAD = f"""import sys
sys.path.insert(0, {str(WORKFLOW)!r})
from tonotopy.errors import InputError
from tonotopy.logs import to_log
to_log("logs/script.log")
"""


def run(folder, body: str) -> subprocess.CompletedProcess:
    (folder / "script.py").write_text(HEAD + body)
    command = [sys.executable, "script.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_both_streams_go_to_the_log_and_on(tmp_path):
    done = run(tmp_path, 'print("one")\nprint("two", file=sys.stderr)\n')
    assert (done.stdout, done.stderr) == ("one\n", "two\n")
    assert (tmp_path / "logs/script.log").read_text() == "one\ntwo\n"


def test_progress_bars_and_colours_stay_out_of_the_log(tmp_path):
    body = 'sys.stdout.write("\\r50 %")\nsys.stdout.write("\\x1b[31mred\\n")\nprint("end")\n'
    done = run(tmp_path, body)
    assert "50 %" in done.stdout and "red" in done.stdout
    assert (tmp_path / "logs/script.log").read_text() == "end\n"


def test_bad_input_is_told_by_its_message_alone(tmp_path):
    done = run(tmp_path, 'raise InputError("clip a.wav: too short")\n')
    assert done.returncode == 1 and done.stderr == "error: clip a.wav: too short\n"
    assert (tmp_path / "logs/script.log").read_text() == done.stderr


def test_any_other_error_is_told_with_its_traceback(tmp_path):
    done = run(tmp_path, 'raise ValueError("surprise")\n')
    text = (tmp_path / "logs/script.log").read_text()
    assert text == done.stderr
    assert text.startswith("Traceback") and text.endswith("ValueError: surprise\n")


def test_a_breakpoint_stops_at_a_prompt_with_line_editing(tmp_path):
    (tmp_path / "script.py").write_text(HEAD + 'tempo = 7\nbreakpoint()\nprint("end", tempo)\n')
    history_of_one = "\x10"  # ctrl-p
    lines = ["p 6 * tempo", history_of_one, "tempo = 9", "continue"]
    shown, status = typed([sys.executable, "script.py"], tmp_path, "(Pdb) ", lines)
    assert status == 0
    assert shown.count("\n42\n") == 2 and shown.endswith("end 9\n")
    assert (tmp_path / "logs/script.log").read_text().endswith("end 9\n")
