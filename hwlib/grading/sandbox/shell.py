"""IPython's shell as student code sees it: magics work, output is collected up to a cap, nothing
appears on a screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import io
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Instance
from traitlets.config import Config

from hwlib.grading.cells import is_python
from hwlib.grading.sandbox.one_number import OF_SHAPE, shape_of_several

__all__ = ["CellRun", "StudentError", "StudentShell", "describe_error"]

MAX_TEXT = 100_000  # characters of printed text kept of one cell or call
MAX_RICH = 2_000_000  # characters of one rich output (a figure)
MAX_OUTPUTS = 40  # outputs kept of one cell


@dataclass(frozen=True, slots=True)
class StudentError:
    """An exception that student code raised, as plain values."""

    type: str
    bases: list[str]  # names of the classes it derives from, itself first
    message: str
    trace: list[str]  # one line a frame of the student's own code: where it happened


@dataclass(slots=True)
class CellRun:
    """What running one cell left behind."""

    outputs: list[dict[str, Any]] = field(default_factory=list)  # as in a notebook
    error: StudentError | None = None

    @property
    def error_text(self) -> str:
        """The exception in one line, or ""."""
        return f"{self.error.type}: {self.error.message}" if self.error else ""


class _Outputs:
    """Collects a cell's outputs in order; past the caps it only counts."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.room, self.cut = MAX_TEXT, False

    def text(self, name: str, text: str) -> None:
        if len(text) > self.room:
            text = text[: self.room] + ("" if self.cut else "\n… output cut here\n")
            self.cut = True
        self.room = max(0, self.room - len(text))
        if not text or (self.cut and self.room == 0 and not text.strip()):
            return
        last = self.items[-1] if self.items else None
        if last and last.get("name") == name:
            last["text"] += text
        elif len(self.items) < MAX_OUTPUTS:
            self.items.append({"output_type": "stream", "name": name, "text": text})

    def rich(self, kind: str, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        kept = {
            mime: value
            for mime, value in data.items()
            if isinstance(value, str) and len(value) <= MAX_RICH
        }
        if kept and len(self.items) < MAX_OUTPUTS:
            self.items.append({"output_type": kind, "data": kept, "metadata": {}})


class _Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of student code."""

    encoding = "utf-8"

    def __init__(self, shell: StudentShell, name: str) -> None:
        self._shell, self._name = shell, name

    def write(self, text: str) -> int:
        self._shell.collected.text(self._name, str(text))
        return len(text)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def flush(self) -> None:
        pass


class _Publisher(DisplayPublisher):  # type: ignore[misc]
    def publish(
        self, data: dict[str, Any], metadata: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """Keep a rich output (a figure, a table)."""
        self.shell.collected.rich("display_data", _as_text(data), metadata or {})


class _Hook(DisplayHook):  # type: ignore[misc]
    def __call__(self, result: Any = None) -> None:
        """Keep the value of a cell's last expression."""
        if result is None or self.quiet():
            return
        data, metadata = self.compute_format_data(result)
        self.update_user_ns(result)
        self.shell.collected.rich("execute_result", _as_text(data), metadata)


def _as_text(data: dict[str, Any]) -> dict[str, Any]:
    """PNG data as base64, as notebooks have it."""
    import base64

    return {m: base64.b64encode(v).decode() if isinstance(v, bytes) else v for m, v in data.items()}


class _Transformations(TransformerManager):  # type: ignore[misc]
    """IPython's, but what is Python already is not taken to pieces in search of magics."""

    def __init__(self) -> None:
        super().__init__()
        self._own = list(self.token_transformers)

    def do_token_transforms(self, lines: list[str]) -> list[str]:
        """The lines without magics; a cell of student code may have added kinds of its own."""
        if self.token_transformers == self._own and is_python("".join(lines)):
            return lines
        changed: list[str] = super().do_token_transforms(lines)
        return changed


def _install_nothing(line: str) -> None:
    """`%conda install …` as student code sees it: the packages here are the instructor's."""
    sys.stdout.write("Nothing is installed while this notebook is graded.\n")


class StudentShell(InteractiveShell):  # type: ignore[misc]  # IPython has no type information here
    """An IPython shell without history, without a screen."""

    collected: _Outputs
    _trace: list[str]
    _store_class: Callable[[Path], Any]
    _loop: tuple[int, asyncio.AbstractEventLoop] | None = None  # with the process that made it
    _transformed: tuple[str, str] | None = None  # a cell that is about to be run, and its Python
    input_transformer_manager = Instance(_Transformations, ())

    @classmethod
    def create(cls) -> StudentShell:
        """The one shell of this process, with sys.stdout and sys.stderr turned to it."""
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        config.InteractiveShell.banner1 = ""
        shell: StudentShell = cls.instance(
            config=config, displayhook_class=_Hook, display_pub_class=_Publisher
        )
        shell.collected = _Outputs()
        shell.user_ns["__name__"] = "__main__"
        shell._store_class = type(shell.db)
        shell.extension_manager.load_extension("storemagic")  # %store, as in Jupyter
        shell.register_magic_function(lambda line: None, magic_name="autosave")
        for manager in ("conda", "mamba", "micromamba"):  # IPython's own raise outside conda
            shell.register_magic_function(_install_nothing, magic_name=manager)
        sys.stdout = _Stream(shell, "stdout")
        sys.stderr = _Stream(shell, "stderr")
        return shell

    def enable_gui(self, gui: str | None = None) -> None:
        """No screen: `%matplotlib` of any kind is accepted and changes nothing."""

    def enable_matplotlib(self, gui: str | None = None) -> tuple[str, str]:
        """Figures stay off the screen whatever backend a cell asks for."""
        return "inline", "inline"

    def system_piped(self, cmd: str) -> None:
        """`!command`, through pipes: there is no terminal."""
        done = subprocess.run(
            self.var_expand(cmd, depth=1),
            shell=True,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        sys.stdout.write(done.stdout)
        self.user_ns["_exit_code"] = done.returncode

    system = system_piped

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        self._trace = [str(line) for line in stb]

    def work_in(self, folder: Path) -> None:
        """Keep what magics store (%cd, %store) below this folder."""
        self.db = self._store_class(folder / ".ipython" / "db")

    def start_collecting(self) -> None:
        """Forget what was printed before."""
        self.collected = _Outputs()

    def run(self, source: str) -> CellRun:
        """Run one cell and collect what it printed, showed and raised."""
        self.start_collecting()
        self._trace = []
        result = self._in_the_loop(self._run_as_a_kernel(source))
        with contextlib.suppress(Exception):
            _close_figures(self)
        run = CellRun(outputs=self.collected.items)
        raised = result.error_before_exec or result.error_in_exec
        if raised is not None:
            run.error = describe_error(raised)
            text = "\n".join(self._trace)[-MAX_TEXT:]
            run.outputs.append(
                {
                    "output_type": "error",
                    "ename": run.error.type,
                    "evalue": run.error.message,
                    "traceback": text.split("\n"),
                }
            )
        return run

    async def _run_as_a_kernel(self, source: str) -> Any:
        """Run a cell while an event loop runs, as in Jupyter: tasks go on in the next cell."""
        failed = None
        try:
            transformed = self.transform_cell(source)
        # a transformer of the student's own may raise anything
        except Exception:  # noqa: BLE001
            transformed, failed = source, sys.exc_info()
        transforms = {"transformed_cell": transformed, "preprocessing_exc_tuple": failed}
        if not self.should_run_async(source, **transforms):
            self._transformed = None if failed else (source, transformed)
            return self.run_cell(source, store_history=True)
        result = None
        try:
            result = await self.run_cell_async(source, store_history=True, **transforms)
        finally:
            self.events.trigger("post_execute")
            self.events.trigger("post_run_cell", result)
        return result

    def transform_cell(self, raw_cell: str) -> str:
        """The Python of a cell; of the one that is about to be run it is known already."""
        known, self._transformed = self._transformed, None
        if known is not None and known[0] == raw_cell:
            return known[1]
        return str(super().transform_cell(raw_cell))

    def should_run_async(self, raw_cell: str, **transforms: Any) -> bool:
        """Whether a cell awaits something at its top level: a cell without either word does not,
        and need not be compiled to see that.
        """
        cell = transforms.get("transformed_cell") or raw_cell
        awaits = "await" in cell or "async" in cell
        return awaits and bool(super().should_run_async(raw_cell, **transforms))

    def _in_the_loop(self, cell: Coroutine[Any, Any, Any]) -> Any:
        """What a coroutine gives. Context variables that it set, such as NumPy's error state, stay
        set: a task would drop them with its own context.
        """
        loop, context = self._event_loop(), contextvars.copy_context()
        try:
            return loop.run_until_complete(loop.create_task(cell, context=context))
        finally:
            for variable, value in context.items():
                if variable.get(None) is not value:
                    variable.set(value)

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of this process: a fork can't use its parent's."""
        if self._loop is None or self._loop[0] != os.getpid() or self._loop[1].is_closed():
            self._loop = os.getpid(), asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop[1])
        return self._loop[1]


# student code that asks for the class of its shell finds Jupyter's
StudentShell.__name__ = StudentShell.__qualname__ = "ZMQInteractiveShell"


def _close_figures(shell: StudentShell) -> None:
    """Show what is still open, as a notebook does at the end of a cell, then close it."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or not pyplot.get_fignums():
        return
    for number in pyplot.get_fignums()[:4]:
        buffer = io.BytesIO()
        pyplot.figure(number).savefig(buffer, format="png", dpi=72)
        shell.collected.rich("display_data", _as_text({"image/png": buffer.getvalue()}), {})
    pyplot.close("all")


def describe_error(
    error: BaseException, limit: int = 600, led_to: BaseException | None = None
) -> StudentError:
    """An exception, perhaps one that led to another, as plain values; never raises, whatever the
    exception's own methods do.
    """
    try:
        message = str(error)
    except BaseException:  # noqa: BLE001  student code
        message = "(the exception's own text could not be read)"
    if shape := shape_of_several(error, led_to):
        message = f"{message}{OF_SHAPE}{shape}"
    bases = [cls.__name__ for cls in type(error).__mro__]
    return StudentError(
        str(type(error).__name__)[:100], bases[:12], str(message)[:limit], _student_frames(error)
    )


def _student_frames(error: BaseException) -> list[str]:
    """Where in the notebook it happened: `line 4, in predict: return x` for each frame of a cell or
    of a module that was handed in, innermost last.
    """
    try:
        frames = traceback.extract_tb(error.__traceback__)
        own = os.path.dirname(__file__)  # noqa: PTH120
        here = os.getcwd() + os.sep  # noqa: PTH109
        return [
            f"line {f.lineno}, in {f.name}{_of_file(f.filename, here)}: {f.line or ''}"[:300]
            for f in frames
            if not f.filename.startswith((own, "<frozen "))
            and (f.filename.startswith(("<", here)) or _is_cell(f.filename))
        ][-5:]
    except BaseException:  # noqa: BLE001  student code can break anything here
        return []


def _of_file(filename: str, here: str) -> str:
    return f" of {filename.removeprefix(here)}" if filename.startswith(here) else ""


def _is_cell(filename: str) -> bool:
    return "ipykernel" in filename or "ipython-input" in filename
