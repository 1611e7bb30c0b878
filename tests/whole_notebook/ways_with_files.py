"""Ways with files, folders, magics and what Jupyter shows."""

from __future__ import annotations

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from whole_course import CATCHES, PLAIN, way

__all__ = ["WAYS"]

HELPER = """\
FACTOR = 1


def share(values, limit):
    return FACTOR * sum(value > limit for value in values) / len(values)
"""

WAYS = (
    way(
        "an own module that does something when it is imported",
        ratio=CATCHES,
        own=[("above ratio", "import strict")],
        files={"strict.py": 'import numpy as np\n\nnp.seterr(all="raise")\n'},
        rare=True,
    ),
    way(
        "a module handed in",
        share="from helper import share",
        files={"helper.py": HELPER},
    ),
    way(
        "a module handed in and imported whole in an own cell",
        share="def share(values, limit):\n    return h.share(values, limit)",
        own=[("top", "import helper as h")],
        files={"helper.py": HELPER},
        rare=True,
    ),
    way(
        "a package handed in as a folder",
        share="from tools.counting import share",
        primes="from tools import *",
        files={
            "tools/__init__.py": "primes = [2, 3, 5, 7, 11, 13]\n",
            "tools/counting.py": "from .basic import above\n\n\ndef share(values, limit):\n"
            "    return above(values, limit) / len(values)\n",
            "tools/basic.py": "def above(values, limit):\n"
            "    return sum(v > limit for v in values)\n",
        },
    ),
    way(
        "a module in a folder that %cd has entered",
        share="from deeper import share",
        primes="%cd ..\nprimes = [2, 3, 5, 7, 11, 13]",
        own=[("above share", "%cd below")],
        files={"below/deeper.py": HELPER},
        rare=True,
    ),
    way(
        "a module and a package handed in with the names of libraries",
        share="from sympy import share",
        primes="from scipy.numbers import primes",
        files={
            "sympy.py": HELPER,
            "scipy/__init__.py": "",
            "scipy/numbers.py": "primes = [2, 3, 5, 7, 11, 13]\n",
        },
        rare=True,
    ),
    way(
        "a module written by %%writefile and imported",
        share="from written import share",
        own=[("above share", f"%%writefile written.py\n{HELPER}")],
    ),
    way(
        "a module written by %%writefile, written again and reloaded",
        share="import importlib\nimport rewritten\nimportlib.reload(rewritten)\n"
        "share = rewritten.share",
        own=[
            ("above share", "%%writefile rewritten.py\nshare = None"),
            ("above share", "import sys\nsys.dont_write_bytecode = True\nimport rewritten"),
            ("above share", f"%%file rewritten.py\n{HELPER}"),
        ],
    ),
    way(
        "a module under autoreload",
        share="share = reloaded.share",
        own=[
            ("top", "%load_ext autoreload\n%autoreload 2"),
            ("above share", f"%%writefile reloaded.py\n{HELPER}"),
            ("above share", "import reloaded"),
        ],
        rare=True,
    ),
    way(
        "scripts run by %run and exec(open())",
        share="%run helper.py",
        primes="exec(open('numbers.txt').read())",
        files={"helper.py": HELPER, "numbers.txt": "primes = [2, 3, 5, 7, 11, 13]"},
    ),
    way(
        "a module that imports from the notebook",
        share="from helper import share",
        files={
            "helper.py": "from __main__ import above\n\n\ndef share(values, limit):\n"
            "    return above(values, limit) / len(values)\n"
        },
        rare=True,
    ),
    way(
        "a second notebook run by %run",
        share="%run helpers.ipynb",
        files={"helpers.ipynb": nbformat.writes(new_notebook(cells=[new_code_cell(HELPER)]))},
        nbgrader_lacks="notebooks beside the notebook are not copied to nbgrader's folder",
    ),
    way(
        "a module found in a folder added to sys.path",
        share="import sys\nsys.path.insert(0, 'src')\nfrom counting import share",
        files={"src/counting.py": HELPER},
        rare=True,
    ),
    way(
        "data files handed in and read",
        primes="import json\nwith open('data/primes.json') as file:\n    primes = json.load(file)",
        a="a = int(np.loadtxt('one.txt'))",
        files={"data/primes.json": "[2, 3, 5, 7, 11, 13]", "one.txt": "1"},
    ),
    way(
        "the assignment's own file read again",
        primes="table = np.loadtxt('points.csv', delimiter=',')\n"
        "primes = [2, 3, 5, 7, 11, 9 + len(table)]",
        rare=True,
    ),
    way(
        "a file by a path through the assignment's folder",
        primes="table = open('../whole/points.csv').readlines()\n"
        "primes = [2, 3, 5, 7, 11, 9 + len(table)]",
    ),
    way(
        "a file in /tmp",
        primes="open('/tmp/hwlib-primes.txt', 'w').write('2 3 5 7 11 13')\n"
        "primes = [int(word) for word in open('/tmp/hwlib-primes.txt').read().split()]\n"
        "import os\nos.remove('/tmp/hwlib-primes.txt')",
        rare=True,
    ),
    way(
        "a file written by one cell and read by another",
        own=[
            (
                "above primes",
                "import json\njson.dump([2, 3, 5, 7, 11, 13], open('cache.json', 'w'))",
            ),
            ("above primes", "np.savez('cache.npz', one=1)"),
        ],
        primes="primes = json.load(open('cache.json'))",
        a="a = int(np.load('cache.npz')['one'])",
        rare=True,
    ),
    way(
        "a result cached in a file between calls",
        share="""
            import os
            import pickle

            def share(values, limit):
                if not os.path.exists("seen.pkl"):
                    pickle.dump([], open("seen.pkl", "wb"))
                seen = pickle.load(open("seen.pkl", "rb"))
                pickle.dump([*seen, limit], open("seen.pkl", "wb"))
                return above(values, limit) / len(values)
        """,
        rare=True,
    ),
    way(
        "os.chdir to a folder and back",
        own=[
            ("above primes", "import os\nos.makedirs('deep/er', exist_ok=True)\nos.chdir('deep')")
        ],
        primes="open('er/primes.txt', 'w').write('2 3 5 7 11 13')\n"
        "primes = [int(word) for word in open('er/primes.txt').read().split()]",
        a="os.chdir('..')\na = len([name for name in os.listdir() if name == 'points.csv'])",
    ),
    way(
        "%cd, %pwd, %mkdir, %ls and %cat",
        own=[
            ("above primes", "%mkdir -p sub\n%cd sub\n%pwd\n%ls\n!echo 13 > last.txt"),
            ("after primes", "%cat last.txt\n%cd -q .."),
        ],
        primes="primes = [2, 3, 5, 7, 11, int(open('last.txt').read())]",
    ),
    way(
        "%store and %alias",
        own=[("above primes", "last = 13\n%store last\n%alias show_it echo\nstored = True")],
        primes="primes = [2, 3, 5, 7, 11, last if stored else 0]",
        rare=True,
    ),
    way(
        "magics of Jupyter's own",
        own=[("above primes", "%autosave 60\nlast = 13"), ("top", "%connect_info")],
        primes="primes = [2, 3, 5, 7, 11, last]",
        rare=True,
    ),
    way(
        "%pylab",
        own=[("top", "%pylab inline")],
        share="def share(values, limit):\n    return mean(array(values) > limit)",
        primes="primes = array([2, 3, 5, 7, 11, 13])\nplot(primes)\nshow()",
        rare=True,
    ),
    way(
        "a window for plots",
        own=[("above primes", "%matplotlib qt\nimport matplotlib.pyplot as plt\nlast = 13")],
        primes="plt.plot([1, 2])\nplt.show()\nprimes = [2, 3, 5, 7, 11, last]",
        not_nbgrader="without Qt and a screen, %matplotlib qt raises in nbgrader's kernel",
    ),
    way(
        "temporary files and pathlib",
        primes="""
            import tempfile
            from pathlib import Path

            with tempfile.TemporaryDirectory() as folder:
                Path(folder, "p").write_text("2,3,5,7,11,13")
                primes = [int(p) for p in Path(folder, "p").read_text().split(",")]
            assert Path.home().exists() and Path("points.csv").is_file()
        """,
        rare=True,
    ),
    way(
        "magics for the eye",
        own=[
            ("top", "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'"),
            (
                "above share",
                "%config Application.verbose_crash = True\n%precision 3\n%xmode Minimal",
            ),
            ("above share", "%load_ext autoreload\n%autoreload 0\n%who\n%whos\n%lsmagic"),
            ("above Nearest", "%pdb off\n%colors NoColor\n%timeit -n 1 -r 1 1 + 1"),
        ],
        primes="%config InlineBackend.close_figures = True\nprimes = [2, 3, 5, 7, 11, 13]",
    ),
    way(
        "shell commands",
        own=[("top", "!echo hello\n!ls -la | head -1\n!false\n!no-such-program")],
        primes="lines = !echo 2 3 5 7 11 13\nprimes = [int(word) for word in lines[0].split()]",
        a="one = 1\nout = !echo $one {one}\na = int(out[0].split()[1])",
    ),
    way(
        "%env, %set_env and os.environ",
        own=[("top", "%env LAST=13\n%set_env OTHER 1"), ("above a", "%env")],
        primes="import os\nprimes = [2, 3, 5, 7, 11, int(os.environ['LAST'])]",
        a="a = int(%env OTHER)".replace("int(%env OTHER)", "int(os.getenv('OTHER'))"),
        rare=True,
    ),
    way(
        "lines that ask for help",
        own=[
            ("below share", "share?"),
            ("below share", "np.mean??\n?len\nshare.__call__?"),
            ("below share", "help(share)\nprint(share.__doc__)"),
        ],
        share=f"{PLAIN['share']}\n?share\n",
    ),
    way(
        "cells in other languages",
        own=[
            ("top", "%%bash\necho 13 > last.txt"),
            ("top", "%%html\n<b>bold</b>"),
            ("top", "%%javascript\nalert(1)"),
            ("top", "%%latex\n$x$"),
            ("top", "%%markdown\n# Title"),
            ("top", "%%svg\n<svg></svg>"),
            ("top", "%%script no-such-program\nx"),
            ("top", "%%sh\ntrue"),
            ("top", "%%no_such_magic\nx"),
        ],
        primes="primes = [2, 3, 5, 7, 11, int(open('last.txt').read())]",
    ),
    way(
        "magics of one's own",
        own=[
            (
                "top",
                """
                from IPython.core.magic import register_cell_magic, register_line_magic

                @register_line_magic
                def numbers(line):
                    return [int(word) for word in line.split()]

                @register_cell_magic
                def twice(line, cell):
                    get_ipython().run_cell(cell)
                    get_ipython().run_cell(cell)
                """,
            ),
            ("below primes", "%%twice\nprimes.append(13) if 13 not in primes else None"),
        ],
        primes="primes = %numbers 2 3 5 7 11",
        rare=True,
    ),
    way(
        "extensions and packages that are not there",
        own=[
            ("top", "%load_ext line_profiler\nlast = 12"),
            ("top", "import no_such_module"),
            ("top", "!pip --version > /dev/null 2>&1"),
        ],
        primes="try:\n    import no_such_module\nexcept ModuleNotFoundError:\n    last = 13\n"
        "primes = [2, 3, 5, 7, 11, last]",
        rare=True,
    ),
    way(
        "display, HTML and clear_output",
        own=[
            (
                "top",
                """
                from IPython.display import HTML, Image, Latex, Markdown, clear_output, display
                from IPython.display import update_display

                display(HTML("<b>x</b>"), {"a": 1}, Markdown("*x*"))
                handle = display("first", display_id=True)
                handle.update("second")
                display("x", display_id="mine")
                update_display("y", display_id="mine")
                clear_output(wait=True)
                last = 13
                """,
            ),
            ("top", "HTML('<i>x</i>')"),
        ],
        primes="primes = [2, 3, 5, 7, 11, last]\ndisplay(primes)",
        rare=True,
    ),
    way(
        "plots",
        own=[
            ("top", "import matplotlib.pyplot as plt\nplt.rcParams['figure.dpi'] = 50"),
            ("above primes", "fig, ax = plt.subplots()\nax.plot([1, 2, 3])\nplt.show()\nlast = 13"),
            ("above primes", "plt.style.use('ggplot')\nplt.hist([1, 2]);"),
        ],
        primes="primes = [2, 3, 5, 7, 11, last]\nplt.plot(primes)\nplt.savefig('primes.png')",
    ),
    way(
        "progress bars and widgets",
        own=[
            (
                "above primes",
                """
                from tqdm import tqdm, trange
                from tqdm.auto import tqdm as auto

                known = []
                for p in tqdm([2, 3, 5], desc="primes"):
                    known.append(p)
                for p in auto([7, 11]):
                    known.append(p)
                for _ in trange(1):
                    known.append(13)
                """,
            )
        ],
        primes="primes = [*known]",
        rare=True,
    ),
    way(
        "widgets",
        own=[
            (
                "above primes",
                """
                import ipywidgets as widgets
                from ipywidgets import interact
                from IPython.display import display
                from tqdm.notebook import tqdm

                slider = widgets.IntSlider(value=13, max=20)
                display(slider)
                out = widgets.Output()
                with out:
                    print("captured")
                interact(lambda x: x, x=(0, 5))
                known = [p for p in tqdm([2, 3, 5, 7, 11])]
                """,
            )
        ],
        primes="primes = [*known, slider.value]",
        rare=True,
    ),
    way(
        "ten megabytes printed, and a result whose text can't be made",
        own=[
            ("above primes", "print('x' * 10_000_000)\nlast = 13"),
            (
                "above primes",
                """
                class Odd:
                    def __repr__(self):
                        raise ValueError("no text")

                    def _repr_html_(self):
                        return 5

                Odd()
                """,
            ),
        ],
        primes="primes = [2, 3, 5, 7, 11, last]\nOdd()",
        rare=True,
    ),
    way(
        "code that asks whether it is run in a notebook",
        primes="here = get_ipython().__class__.__name__\n"
        "primes = [2, 3, 5, 7, 11, 13] if here == 'ZMQInteractiveShell' else []",
        rare=True,
    ),
    way(
        "every expression shown",
        own=[
            (
                "top",
                "from IPython.core.interactiveshell import InteractiveShell\n"
                "InteractiveShell.ast_node_interactivity = 'all'",
            ),
            ("above primes", "1\n2\n'three'"),
        ],
        primes="primes = [2, 3, 5, 7, 11]\nprimes\nprimes.append(13)\nprimes",
        rare=True,
    ),
    way(
        "hooks of IPython",
        own=[
            (
                "top",
                """
                counted = []
                get_ipython().events.register("pre_run_cell", lambda info: counted.append(1))
                """,
            ),
            (
                "above primes",
                "get_ipython().set_next_input('x = 1')\nget_ipython().run_line_magic('pwd', '')",
            ),
        ],
        primes="primes = [2, 3, 5, 7, 11, 13] if counted else []",
        rare=True,
    ),
)
