"""Write tables of pandas as plain columns, and read them back: an index, column names, and arrays.

Columns are arrays of NumPy, texts, moments without a zone, categories, or numbers of which some may
be absent. Nothing else of pandas crosses. Who reads a table imports pandas before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from hwlib.errors import Unsendable, WireError
from hwlib.grading.sandbox.codec import MAX_RANGE, Decoder, Encoder

__all__ = ["TAGS", "encode_table", "read_table"]

MAX_COLUMNS = 10_000  # of a table: pandas takes its time for each

_TEXTS = frozenset(("str", "string"))
_WITH_ABSENT = frozenset(("IntegerArray", "FloatingArray", "BooleanArray"))


def encode_table(value: Any, encoder: Encoder, depth: int) -> dict[str, Any] | None:
    """A DataFrame, Series, Index or Timestamp of pandas; None for another value."""
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return None
    if isinstance(value, pandas.DataFrame):
        columns = [_column(value.iloc[:, i], encoder, depth) for i in range(value.shape[1])]
        names = _index(value.columns, encoder, depth)
        return {"t": "table", "c": names, "i": _index(value.index, encoder, depth), "v": columns}
    if isinstance(value, pandas.Series):
        head = {"n": encoder.part(value.name, depth), "i": _index(value.index, encoder, depth)}
        return {"t": "series", **head, "v": _column(value, encoder, depth)}
    if isinstance(value, pandas.Index):
        return {"t": "index", "v": _index(value, encoder, depth)}
    if value is pandas.NaT or value is pandas.NA:
        return {"t": "absent", "n": "NaT" if value is pandas.NaT else "NA"}
    if isinstance(value, pandas.Timestamp) and value.tzinfo is None:
        return {"t": "moment", "v": encoder.part(value.asm8, depth)}
    return None


def _index(index: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
    pandas = sys.modules["pandas"]
    names = encoder.items(index.names, depth)
    if isinstance(index, pandas.RangeIndex):
        steps = range(index.start, index.stop, index.step)
        return {"k": "range", "v": encoder.part(steps, depth), "n": names}
    if isinstance(index, pandas.MultiIndex):
        levels = [index.get_level_values(i) for i in range(index.nlevels)]
        return {"k": "many", "v": [_column(one, encoder, depth) for one in levels], "n": names}
    return {"k": "one", "v": _column(index, encoder, depth), "n": names}


def _column(column: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        return {"k": "numpy", "v": encoder.part(np.asarray(column), depth)}
    if str(dtype) in _TEXTS:
        texts = [one if isinstance(one, str) else None for one in column.array]
        return {"k": str(dtype), "v": encoder.items(texts, depth)}
    pandas = sys.modules["pandas"]
    if isinstance(dtype, pandas.CategoricalDtype):
        kinds = _column(dtype.categories, encoder, depth)
        codes = pandas.Series(column).cat.codes.to_numpy()
        return {"k": "category", "v": encoder.part(codes, depth), "c": kinds, "o": dtype.ordered}
    if type(column.array).__name__ in _WITH_ABSENT:
        absent = np.asarray(column.isna())
        plain = column.to_numpy(dtype=dtype.numpy_dtype, na_value=dtype.type(0))
        parts = {"v": encoder.part(plain, depth), "m": encoder.part(absent, depth)}
        return {"k": type(column.array).__name__, **parts}
    raise Unsendable(f"a column of pandas with the dtype {dtype} can't be sent")


# ---- and back ------------------------------------------------------------------------------------


def read_table(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    """What `encode_table` wrote; WireError if its parts do not fit together."""
    try:
        return TAGS[data["t"]](data, decoder, depth)
    except (WireError, RecursionError):
        raise
    # whatever pandas raises for parts that do not fit together
    except Exception as error:
        raise WireError("a table of pandas whose parts do not fit together") from error


def _field(data: dict[str, Any], key: str, kind: type) -> Any:
    value = data.get(key)
    if type(value) is not kind:
        raise WireError("a table without its parts")
    return value


def _read_frame(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    pandas = sys.modules["pandas"]
    index = _read_index(_field(data, "i", dict), decoder, depth)
    columns = _read_columns(_field(data, "v", list), decoder, depth)
    names = _read_index(_field(data, "c", dict), decoder, depth)
    parts = {i: pandas.Series(v, index, v.dtype) for i, v in enumerate(columns)}
    return pandas.DataFrame(parts, index).set_axis(names, axis=1)


def _read_series(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    index = _read_index(_field(data, "i", dict), decoder, depth)
    column = _read_column(data.get("v"), decoder, depth)
    name = decoder.part(data.get("n"), depth)
    return sys.modules["pandas"].Series(column, index, column.dtype, name)


def _read_index(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    pandas, kind, values = sys.modules["pandas"], data.get("k"), data.get("v")
    names = [decoder.part(one, depth) for one in _field(data, "n", list)]
    if kind == "range":
        steps = decoder.part(values, depth)
        if type(steps) is not range or len(steps) > MAX_RANGE:
            raise WireError("an index that is not a range")
        return pandas.RangeIndex(steps, name=names[0])
    if kind == "many" and type(values) is list:
        levels = _read_columns(values, decoder, depth)
        return pandas.MultiIndex.from_arrays(levels, names=names)
    column = _read_column(values, decoder, depth)
    return pandas.Index(column, column.dtype, name=names[0])


def _read_columns(told: list[Any], decoder: Decoder, depth: int) -> list[Any]:
    if len(told) > MAX_COLUMNS:
        raise WireError("a table with too many columns")
    return [_read_column(one, decoder, depth) for one in told]


def _read_column(data: Any, decoder: Decoder, depth: int) -> Any:
    if type(data) is not dict:
        raise WireError("a malformed column")
    if data.get("k") in _TEXTS:
        texts = decoder.items(data, depth)
        if not all(text is None or type(text) is str for text in texts):
            raise WireError("a column that is not made of texts")
        return sys.modules["pandas"].array(texts, dtype=data["k"])
    pandas, kind, array = sys.modules["pandas"], data.get("k"), _array(data, "v", decoder, depth)
    if kind == "category":
        kinds = pandas.Index(_read_column(data.get("c"), decoder, depth + 1))
        return pandas.Categorical.from_codes(array, kinds, ordered=data.get("o") is True)
    if kind in _WITH_ABSENT:
        return getattr(pandas.arrays, kind)(array, _array(data, "m", decoder, depth))
    return array


def _array(data: dict[str, Any], key: str, decoder: Decoder, depth: int) -> np.ndarray[Any, Any]:
    array = decoder.part(data.get(key), depth)
    if not isinstance(array, np.ndarray) or array.ndim != 1:
        raise WireError("a column that is not an array")
    return array


def _read_absent(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    pandas = sys.modules["pandas"]
    return pandas.NaT if data.get("n") == "NaT" else pandas.NA


def _read_moment(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    value = decoder.part(data.get("v"), depth)
    if not isinstance(value, np.datetime64):
        raise WireError("a malformed moment")
    return sys.modules["pandas"].Timestamp(value)


TAGS: dict[str, Callable[[dict[str, Any], Decoder, int], Any]] = {
    "table": _read_frame,
    "series": _read_series,
    "index": lambda data, decoder, depth: _read_index(_field(data, "v", dict), decoder, depth),
    "absent": _read_absent,
    "moment": _read_moment,
}
"""Tag → how an object of pandas with it is read."""
