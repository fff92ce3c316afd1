"""Runs `bff api` and samples where its CPU time goes: where the process runs, not where it waits.

    python -m tools.stack_measurements.cpu_samples FILE

The kernel's profiling timer counts CPU time alone, so time lost to neighbours is not seen. A
sample that falls into C code counts for the Python function that called it. Written to FILE at the
end: how many samples there were, and in how many each function was on the stack, or on top of it.
"""

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final

from bff_backoffice.cli.main import main as bff

SAMPLE_SECONDS: Final = 0.001


class Samples:
    """Counts functions by the stacks they are found on."""

    def __init__(self) -> None:
        self.count = 0
        self.inclusive: Counter[str] = Counter()
        self.own: Counter[str] = Counter()

    def take(self, _signal: int, frame: FrameType | None) -> None:
        """Take one sample of the main thread's stack."""
        self.count += 1
        on_stack: set[str] = set()
        top = True
        while frame is not None:
            name = _name(frame)
            if top:
                self.own[name] += 1
                top = False
            on_stack.add(name)
            frame = frame.f_back
        self.inclusive.update(on_stack)


def main(output: Path) -> None:
    """Serve as `bff api` does until SIGTERM, then write the samples."""
    samples = Samples()
    signal.signal(signal.SIGPROF, samples.take)
    signal.setitimer(signal.ITIMER_PROF, SAMPLE_SECONDS, SAMPLE_SECONDS)
    sys.argv = ["bff", "api"]
    try:
        bff()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        output.write_text(
            json.dumps(
                {"count": samples.count, "inclusive": samples.inclusive, "own": samples.own}
            ),
            "utf-8",
        )


def _name(frame: FrameType) -> str:
    module = frame.f_globals.get("__name__", "?")
    return f"{module}:{frame.f_code.co_qualname}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
