"""Describes figures in words, with their numbers: the alternative text of their pictures.

Figures of `hwlib.plots` bring a text of their own. For all others in a notebook, this one is made
of what is drawn: titles, labels, lines, points, bars and pictures. The text is in the notebook's
file, in its exports by nbconvert and on feedback pages. JupyterLab 4.6 does not show it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["course_of", "describe", "describe_all", "describe_as"]

_MOST = 8  # so many lines, or titles of pictures, are described


def describe_as(figure: Figure, text: str) -> Figure:
    """Give a figure its description, which IPython writes beside the picture."""
    figure._hwlib_text = text  # type: ignore[attr-defined]
    figure._repr_mimebundle_ = lambda **_: _bundle(text)  # type: ignore[attr-defined]
    return figure


def describe_all(shell: Any) -> None:
    """From now on, this IPython describes the figures that nobody has described."""
    formatter = shell.display_formatter.mimebundle_formatter
    formatter.for_type_by_name("matplotlib.figure", "Figure", _described)


def describe(figure: Figure) -> str:
    """What a figure of matplotlib shows, in words; "" if it shows nothing that has words."""
    all_axes = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    pictures = [axes for axes in all_axes if axes.images and not axes.lines]
    if len(pictures) > 3:
        titles = [axes.get_title() for axes in pictures if axes.get_title()]
        told = [f"{len(pictures)} pictures{_listed(titles)}"]
        all_axes = [axes for axes in all_axes if axes not in pictures]
    else:
        told = []
    told += [text for axes in all_axes if (text := _of_axes(axes))]
    title = figure.get_suptitle() if hasattr(figure, "get_suptitle") else ""  # matplotlib < 3.8
    return " ".join(f"{text}." for text in (title, *told) if text)


def course_of(name: str, values: Sequence[float] | Any) -> str:
    """Where a line begins and ends, and its lowest and highest point, in words.

    >>> course_of("loss", [2.0, 0.5, 1.0])
    'loss: 3 values from 2 to 1, between 0.5 and 2'
    """
    import numpy as np  # here: `hwlib.submit` needs this package, and no NumPy

    numbers: np.ndarray[Any, Any] = np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)
    if not len(numbers):
        return f"{name}: no values"
    if not np.isfinite(numbers).all():
        first = int(np.flatnonzero(~np.isfinite(numbers))[0]) + 1
        return f"{name}: from {numbers[0]:.3g}, not a finite number from value {first} on"
    return (
        f"{name}: {len(numbers)} values from {numbers[0]:.3g} to {numbers[-1]:.3g}, between "
        f"{numbers.min():.3g} and {numbers.max():.3g}"
    )


def _described(figure: Figure, **_: object) -> Any:
    text = getattr(figure, "_hwlib_text", "")
    if not text:
        try:
            text = describe(figure)
        except Exception:  # noqa: BLE001  a figure without a description is better than none
            return None
    return _bundle(text) if text else None


def _bundle(text: str) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    return {"text/plain": text}, {"image/png": {"alt": text}}


def _of_axes(axes: Axes) -> str:
    x, y = axes.get_xlabel(), axes.get_ylabel()
    labels = f"{y} against {x}" if x and y else x or y
    drawn = [*_lines(axes), *_bars(axes), *_points(axes), *map(_picture, axes.images)]
    heading = ", ".join(text for text in (axes.get_title(), labels) if text)
    return f"{heading}: {'; '.join(drawn)}" if heading and drawn else heading or "; ".join(drawn)


def _bars(axes: Axes) -> Iterator[str]:
    from matplotlib.container import BarContainer

    for bars in axes.containers:
        if not isinstance(bars, BarContainer) or not len(bars):
            continue
        flat = bars.orientation == "horizontal"
        lengths = [bar.get_width() if flat else bar.get_height() for bar in bars]
        if len(lengths) > _MOST:
            yield f"{len(bars)} bars{_named(bars)} from {min(lengths):.3g} to {max(lengths):.3g}"
        else:
            yield f"bars{_named(bars)}: {', '.join(f'{length:.3g}' for length in lengths)}"


def _points(axes: Axes) -> Iterator[str]:
    import numpy as np

    for one in axes.collections:
        count = len(np.asarray(one.get_offsets()))
        if count > 1:
            yield f"{count} points{_named(one)}"


def _lines(axes: Axes) -> Iterator[str]:
    """The lines with a name; if none has one, those with at least 3 values."""
    import numpy as np

    named = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
    chosen = named or [line for line in axes.lines if np.size(line.get_xdata()) > 2]
    for line in chosen[:_MOST]:
        name = str(line.get_label()) if named else "line"
        yield course_of(name, line.get_ydata())
    if len(chosen) > _MOST:
        yield f"{len(chosen) - _MOST} more lines"


def _picture(image: Any) -> str:
    values = image.get_array()
    size = " by ".join(str(length) for length in values.shape[:2])
    if values.ndim > 2:
        return f"a picture, {size}"
    return f"colours, {size}, from {float(values.min()):.3g} to {float(values.max()):.3g}"


def _named(artist: Any) -> str:
    label = str(artist.get_label())
    return "" if label.startswith("_") else f" ({label})"


def _listed(titles: Sequence[str]) -> str:
    if not titles:
        return ""
    more = f" and {len(titles) - 2 * _MOST} more" if len(titles) > 2 * _MOST else ""
    return f", titled {', '.join(titles[: 2 * _MOST])}{more}"
