"""One line on stdout for each thing that holds or does not; scripts/test-clients.js adds them up."""

import json
import subprocess
import sys
from pathlib import Path


class Checks:
    def that(self, holds, name, detail=""):
        """`detail` is shown only when it does not hold."""
        print(f"ok - {name}" if holds else f"not ok - {name}: {str(detail)[:500]}", flush=True)

    def equal(self, actual, expected, name):
        self.that(actual == expected, name, f"expected {expected!r}, got {actual!r}")

    def counts(self, counted, truth, name):
        """Holds `{stream: records}` against `{stream: {least, most}}`: some records a sync may leave out."""
        wrong = {
            stream: counted.get(stream, 0)
            for stream, bounds in truth.items()
            if not bounds["least"] <= counted.get(stream, 0) <= bounds["most"]
        }
        self.that(not wrong, name, f"wrong: {wrong}, the workspace has {truth}")

    def done(self):
        """Without this line the driver takes it that the script broke off."""
        print("done", flush=True)


def read_setting():
    """The one argument is a file: `{executable, config, connection?, folder, truth, postgres, schema}`, see scripts/test-clients.js."""
    return json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))


class Connector:
    """Runs the executable as the platform does: stdout is a file, and files are what it is given."""

    def __init__(self, executable, folder):
        self.executable = executable
        self.folder = Path(folder)

    def write(self, name, content):
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)

    def run(self, *arguments):
        """Returns the exit code and the lines of stdout. Raises `TimeoutExpired` when it hangs."""
        run = subprocess.run(
            [self.executable, *arguments], stdout=subprocess.PIPE, stderr=sys.stderr, timeout=120, check=False
        )
        # Not `splitlines()`: it takes U+2028 inside a record's text for the end of a line.
        return run.returncode, run.stdout.decode("utf-8").split("\n")[:-1]
