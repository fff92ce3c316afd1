"""Where the CPU time of one `GET /session` goes, function by function."""

import tempfile
from pathlib import Path
from typing import Final

import msgspec
from tools.stack_measurements.rounds import Profile, Share
from tools.stack_measurements.session_request import SOURCE, measure_session_request

from sandbox.stores import Stores

ROUNDS: Final = 25
SERVING: Final = "bff_backoffice.bootstrap.api:run_api"
SHARES_MAX: Final = 60
MICROSECONDS_MIN: Final = 1.0


class _Samples(msgspec.Struct, frozen=True):
    count: int
    inclusive: dict[str, int]
    own: dict[str, int]


def profile_session_request(stores: Stores) -> Profile:
    """Serve under the sampler, with the same load as the measurement."""
    with tempfile.TemporaryDirectory(prefix="bff-profile-") as folder:
        output = Path(folder) / "samples.json"
        measured = measure_session_request(
            stores,
            {"sampled": SOURCE},
            rounds=ROUNDS,
            program=("-P", "-m", "tools.stack_measurements.cpu_samples", str(output)),
        )
        samples = msgspec.json.decode(output.read_bytes(), type=_Samples)
    microseconds = measured.figures[0].median
    per_sample = microseconds / samples.inclusive[SERVING]
    shares = [
        Share(
            function=name,
            inclusive=round(count * per_sample, 1),
            own=round(samples.own.get(name, 0) * per_sample, 1),
        )
        for name, count in sorted(samples.inclusive.items(), key=lambda item: -item[1])
        if not name.startswith(
            ("importlib", "runpy:", "__main__:", "tools.", "bff_backoffice.cli.")
        )
        and not name.endswith(":<module>")
    ]
    return Profile(
        operation=measured.operation,
        microseconds=microseconds,
        samples=samples.inclusive[SERVING],
        shares=[share for share in shares if share.inclusive >= MICROSECONDS_MIN][:SHARES_MAX],
    )
