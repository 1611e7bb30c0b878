"""Tables of pandas as plain columns, and back: a table is its index, its column names, and arrays.

pandas is imported here only when a table arrives. Columns cross with their dtype: NumPy's, nullable
numbers, texts, categories, and times with a zone. Whatever else pandas has can't be sent.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from hwlib.errors import CannotCheck, Unsendable, WireError
from hwlib.grading.sandbox.codec import Decoder, Encoder, Unpack

__all__ = ["DECODERS", "encode_table"]

_NULLABLE = frozenset(
    [
        "Int8",
        "Int16",
        "Int32",
        "Int64",
        "UInt8",
        "UInt16",
        "UInt32",
        "UInt64",
        "Float32",
        "Float64",
        "boolean",
    ]
)
_TEXTS = frozenset(("str", "string"))
_FREQUENCY = re.compile(r"-?\d{0,6}[A-Za-z]{1,6}(-[A-Z]{3})?")


def encode_table(value: Any, encoder: Encoder, depth: int) -> dict[str, Any] | None:
    """A DataFrame, Series, Index, Timestamp or Timedelta of pandas, or its missing values."""
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
    if isinstance(value, (pandas.Timestamp, pandas.Timedelta)):
        zone = getattr(value, "tzinfo", None)
        moment = value.tz_convert(None) if zone is not None else value
        return {
            "t": "moment",
            "v": encoder.part(moment.asm8, depth),
            "z": encoder.part(zone, depth),
        }
    return None


def _index(index: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
    pandas = sys.modules["pandas"]
    names = encoder.items(index.names, depth)
    if isinstance(index, pandas.RangeIndex):
        return {"k": "range", "v": [index.start, index.stop, index.step], "n": names}
    if isinstance(index, pandas.MultiIndex):
        levels = [index.get_level_values(i) for i in range(index.nlevels)]
        return {"k": "many", "v": [_column(one, encoder, depth) for one in levels], "n": names}
    freq = getattr(index, "freqstr", None)
    return {"k": "one", "v": _column(index, encoder, depth), "n": names, "f": freq}


def _column(column: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
    pandas = sys.modules["pandas"]
    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        return {"k": "numpy", "v": encoder.part(np.asarray(column), depth)}
    if isinstance(dtype, pandas.CategoricalDtype):
        values = column.array if hasattr(column, "array") else column
        return {
            "k": "category",
            "v": encoder.part(np.asarray(values.codes), depth),
            "c": _column(dtype.categories, encoder, depth),
            "o": bool(dtype.ordered),
        }
    if isinstance(dtype, pandas.DatetimeTZDtype):
        moments = np.asarray(column.array.tz_convert(None))
        return {"k": "zoned", "v": encoder.part(moments, depth), "z": encoder.part(dtype.tz, depth)}
    if str(dtype) in _NULLABLE:
        absent = np.asarray(column.isna())
        numbers = column.array.to_numpy(dtype=dtype.numpy_dtype, na_value=0)
        parts = {"v": encoder.part(numbers, depth), "m": encoder.part(absent, depth)}
        return {"k": "nullable", "d": str(dtype), **parts}
    if str(dtype) in _TEXTS:
        texts = [None if pandas.isna(one) else str(one) for one in column.array]
        return {"k": "texts", "d": str(dtype), "v": encoder.items(texts, depth)}
    raise Unsendable(f"a column of pandas with the dtype {dtype} can't be sent")


# ---- and back ------------------------------------------------------------------------------------


def _pandas() -> Any:
    try:
        return import_module("pandas")
    except ImportError:
        raise CannotCheck("the answer is a table of pandas, which is not installed here") from None


def _built(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except WireError:
        raise
    # whatever pandas raises for parts that do not fit together
    except Exception as error:
        raise WireError("a table that is none") from error


def _field(data: dict[str, Any], key: str, kind: type) -> Any:
    value = data.get(key)
    if type(value) is not kind:
        raise WireError("a table without its parts")
    return value


def _read_table(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    pandas = _pandas()
    index = _read_an_index(_field(data, "i", dict), decoder, depth)
    columns = [_read_column(one, decoder, depth) for one in _field(data, "v", list)]
    names = _read_an_index(_field(data, "c", dict), decoder, depth)

    def make() -> Any:
        parts = {i: pandas.Series(v, index, v.dtype) for i, v in enumerate(columns)}
        return pandas.DataFrame(parts, index).set_axis(names, axis=1)

    return _built(make)


def _read_series(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    index = _read_an_index(_field(data, "i", dict), decoder, depth)
    column = _read_column(_field(data, "v", dict), decoder, depth)
    name = decoder.part(data.get("n"), depth)
    return _built(lambda: _pandas().Series(column, index, column.dtype, name))


def _read_index(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    return _read_an_index(_field(data, "v", dict), decoder, depth)


def _read_an_index(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    pandas, kind, values = _pandas(), data.get("k"), data.get("v")
    names = [decoder.part(one, depth) for one in _field(data, "n", list)]
    if kind == "range":
        if not isinstance(values, list) or any(type(one) is not int for one in values):
            raise WireError("an index that is no range")
        return _built(lambda: pandas.RangeIndex(*values, name=names[0]))
    if kind == "many" and isinstance(values, list):
        levels = [_read_column(one, decoder, depth) for one in values]
        return _built(lambda: pandas.MultiIndex.from_arrays(levels, names=names))
    column, freq = _read_column(values, decoder, depth), data.get("f")

    def make() -> Any:
        index = pandas.Index(column, column.dtype, name=names[0])
        if isinstance(freq, str) and _FREQUENCY.fullmatch(freq) and hasattr(index, "freq"):
            index.freq = freq
        return index

    return _built(make)


def _read_column(data: Any, decoder: Decoder, depth: int) -> Any:
    pandas = _pandas()
    if type(data) is not dict or depth > 40:
        raise WireError("a column that is none")
    kind = data.get("k")
    if kind == "category":
        codes = _read_array(data, "v", decoder, depth)
        categories = _read_column(data.get("c"), decoder, depth + 1)
        ordered = data.get("o") is True
        return _built(lambda: pandas.Categorical.from_codes(codes, categories, ordered))
    if kind == "zoned":
        moments, zone = _read_array(data, "v", decoder, depth), decoder.part(data.get("z"), depth)
        return _built(lambda: pandas.array(moments).tz_localize("UTC").tz_convert(zone))
    if kind == "nullable" and data.get("d") in _NULLABLE:
        values, absent = (_read_array(data, key, decoder, depth) for key in "vm")

        def make() -> Any:
            column = pandas.array(values, dtype=data["d"])
            column[absent.astype(bool)] = pandas.NA
            return column

        return _built(make)
    if kind == "texts" and data.get("d") in _TEXTS:
        texts = decoder.items(data, depth)
        return _built(lambda: pandas.array(texts, dtype=data["d"]))
    if kind != "numpy":
        raise WireError("a column of a kind that is not known")
    return _read_array(data, "v", decoder, depth)


def _read_array(data: dict[str, Any], key: str, decoder: Decoder, depth: int) -> Any:
    array = decoder.part(data.get(key), depth)
    if not isinstance(array, np.ndarray) or array.ndim != 1:
        raise WireError("a column that is no array")
    return array


def _read_absent(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    return _pandas().NaT if data.get("n") == "NaT" else _pandas().NA


def _read_moment(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    pandas = _pandas()
    value, zone = decoder.part(data.get("v"), depth), decoder.part(data.get("z"), depth)
    if isinstance(value, np.timedelta64):
        return _built(lambda: pandas.Timedelta(value))
    if not isinstance(value, np.datetime64):
        raise WireError("a moment that is none")
    if zone is None:
        return _built(lambda: pandas.Timestamp(value))
    return _built(lambda: pandas.Timestamp(value).tz_localize("UTC").tz_convert(zone))


DECODERS: dict[str, Unpack] = {
    "table": _read_table,
    "series": _read_series,
    "index": _read_index,
    "absent": _read_absent,
    "moment": _read_moment,
}
