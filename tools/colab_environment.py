"""Make an environment with Colab's versions, in build/colab: `make colab`.

    python tools/colab_environment.py [PYTHON]

PYTHON is a Python 3.13; without it, `python3.13` is looked for. tests/test_colab.py runs the
notebooks in this environment. It has no PyTorch, whose files are large; with --torch it gets
Colab's, too. Colab's own module, google.colab, is replaced by one that hwlib can tell it by.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build" / "colab"
VERSIONS = ROOT / "tools" / "colab.txt"
TORCH = ("torch==2.11.0", "torchvision==0.26.0")
GOOGLE_COLAB = '''"""Stands in for Colab's own module: it says what would be downloaded."""

from pathlib import Path


class files:
    """Colab's functions about files; only download is here."""

    downloaded = []

    @classmethod
    def download(cls, name):
        cls.downloaded.append(name)
        print("Colab would download", Path(name).name)


class _message:
    """Colab's way to ask the browser for the notebook; here it is the file that was run."""

    @staticmethod
    def blocking_request(name, timeout_sec=5, **more):
        import json
        import os

        return {"ipynb": json.loads(Path(os.environ["NOTEBOOK"]).read_text(encoding="utf-8"))}
'''


def main() -> int:
    """Make the environment; returns the exit code."""
    names = [name for name in sys.argv[1:] if name != "--torch"]
    python = names[0] if names else shutil.which("python3.13")
    if python is None:
        sys.exit("colab_environment: there is no python3.13; install it, or name it: … PYTHON")
    shutil.rmtree(TARGET, ignore_errors=True)
    subprocess.run([python, "-m", "venv", TARGET], check=True)
    inside = TARGET / "bin" / "python"
    pip = [str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    torch = TORCH if "--torch" in sys.argv else ()
    # setuptools has pkg_resources, which IPython 7 uses
    subprocess.run(
        [*pip, "--requirement", VERSIONS, "setuptools<81", "nbclient", *torch], check=True
    )
    subprocess.run([*pip, "--no-deps", ROOT], check=True)
    subprocess.run([*pip, "pillow", "tqdm"], check=True)
    found = subprocess.run(
        [inside, "-c", "import site; print(site.getsitepackages()[0])"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    package = Path(found) / "google" / "colab"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(GOOGLE_COLAB, encoding="utf-8")
    # as in Colab it is imported before the first cell
    (Path(found) / "colab.pth").write_text("import google.colab\n", encoding="utf-8")
    print(inside)
    return 0


if __name__ == "__main__":
    sys.exit(main())
