"""Describes a network as a list of layers with their arguments, and shows it as a table.

The header of a model file has the description as JSON, `{"input_shape": [1, 28, 28], "layers":
[{"kind": "Flatten"}, {"kind": "Linear", "in_features": 784, …}, …]}`. A `Residual` has two lists of
layers, `body` and `shortcut`, whose outputs are added.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hwlib.errors import ModelError
from hwlib.models.kinds import KINDS, Shape, checked_arguments

__all__ = ["Description", "Layer", "Row", "make_layer"]

MAX_LAYERS = 500
MAX_NESTING = 4
MAX_NUMBERS_BETWEEN = 2**22  # in the output of one layer for one example
MAX_MULTIPLICATIONS = 2 * 10**9  # for one example; ResNet-18 on 32 × 32 pictures needs 0.56 billion


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: kind, arguments and, for a Residual, the layers of its two paths."""

    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    body: tuple[Layer, ...] = ()
    shortcut: tuple[Layer, ...] = ()

    def __str__(self) -> str:
        if self.kind == "Residual":
            return "Residual"
        shown = [
            f"{name}={value[0] if isinstance(value, tuple) and value[0] == value[1] else value}"
            for name, value in self.arguments.items()
            if self._telling(name, value)
        ]
        return f"{self.kind}({', '.join(shown)})" if shown else self.kind

    def _telling(self, name: str, value: Any) -> bool:
        default = KINDS[self.kind].defaults.get(name)
        return (
            value != default
            and value != (default, default)
            and not (name == "stride" and value == self.arguments.get("kernel_size"))
        )

    @property
    def weights(self) -> dict[str, Shape]:
        """Names and shapes of the arrays that are stored for this layer."""
        if self.kind == "Residual":
            return {**_weights(self.body, "body."), **_weights(self.shortcut, "shortcut.")}
        return KINDS[self.kind].weights(self.arguments)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        paths = {
            "body": [layer.to_json() for layer in self.body],
            "shortcut": [layer.to_json() for layer in self.shortcut],
        }
        return {"kind": self.kind, **self.arguments, **(paths if self.kind == "Residual" else {})}


def make_layer(kind: str, arguments: Mapping[str, Any], where: str) -> Layer:
    """Make a layer after checking its arguments.

    Raises
    ------
    ModelError
        If there is no such kind or an argument is impossible.
    """
    return Layer(kind, checked_arguments(kind, arguments, where))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a layer with its output shape, parameters and multiplications.

    Shape and multiplications are for one example.
    """

    place: str  # "3", or "3.body.0" inside a Residual
    layer: Layer
    output: Shape
    parameters: int
    multiplications: int


@dataclass(frozen=True, slots=True)
class Description:
    """The layers of a network. Printing a description shows them in a table.

    Attributes
    ----------
    name : str
        Name of the file, or of the model's class.
    layers : tuple of Layer
    input_shape : tuple of int
        Shape of one example, without the batch axis.
    training : dict
        The training summary that was saved with it. Nobody has checked it.
    """

    name: str
    layers: tuple[Layer, ...]
    input_shape: Shape
    training: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kinds(self) -> list[str]:
        """The kinds of all layers in order, including those inside a Residual."""
        return [row.layer.kind for row in self.rows()]

    @property
    def weights(self) -> dict[str, Shape]:
        """Names and shapes of the stored arrays: parameters, running statistics of batch norm."""
        return _weights(self.layers, "")

    @property
    def parameters(self) -> int:
        """The number of learned numbers; running statistics do not count."""
        return sum(row.parameters for row in self.rows())

    @property
    def hidden_units(self) -> int:
        """The number of outputs of all Linear layers except the last."""
        return sum(self._linear_widths()[:-1])

    @property
    def hidden_layers(self) -> int:
        """The number of Linear layers without the last."""
        return max(0, len(self._linear_widths()) - 1)

    def _linear_widths(self) -> list[int]:
        return [
            row.layer.arguments["out_features"] for row in self.rows() if row.layer.kind == "Linear"
        ]

    @property
    def output_shape(self) -> Shape:
        """The shape of the output for one example: (10,) for ten classes."""
        rows = [row for row in self.rows() if "." not in row.place]
        return rows[-1].output if rows else self.input_shape

    def rows(self) -> list[Row]:
        """The lines of the table.

        Raises
        ------
        ModelError
            If a layer cannot take the output of the layer before it, or needs too much memory or
            time.
        """
        rows = list(_rows(self.layers, self.input_shape, "", self.name))
        if (work := sum(row.multiplications for row in rows)) > MAX_MULTIPLICATIONS:
            raise ModelError(
                f"{self.name}: takes {work:,} multiplications for one example; at most "
                f"{MAX_MULTIPLICATIONS:,} are allowed"
            )
        return rows

    def for_input(self, shape: Shape) -> Description:
        """Describe the same network for examples of another shape; raises like `rows`."""
        other = Description(self.name, self.layers, tuple(shape), self.training)
        other.rows()
        return other

    def __repr__(self) -> str:
        rows = self.rows()
        lines = [("", "layer", "output", "parameters"), ("", "input", _show(self.input_shape), "")]
        for row in rows:
            indent = "  " * row.place.count(".")
            count = f"{row.parameters:,}" if row.parameters and row.layer.kind != "Residual" else ""
            lines.append((row.place, f"{indent}{row.layer}", _show(row.output), count))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        body = [
            f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:<{widths[2]}}  {d:>{widths[3]}}".rstrip()
            for a, b, c, d in lines
        ]
        ruler = "─" * (sum(widths) + 6)
        units = (
            f"; {self.hidden_units:,} hidden units in {self.hidden_layers} hidden layers"
            if self.hidden_layers
            else ""
        )
        claims = ", ".join(
            f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
            for key, value in self.training.items()
        )
        return "\n".join(
            [
                f"{self.name}: {self.parameters:,} parameters{units}",
                body[0],
                ruler,
                *body[1:],
                *([f"training: {claims[:300]}"] if claims else []),
            ]
        )

    def check_weights(self, shapes: Mapping[str, Sequence[int]]) -> None:
        """Raise ModelError unless these are the names and shapes of the layers' weights."""
        expected = self.weights
        missing, unknown = (
            [name for name in expected if name not in shapes],
            [name for name in shapes if name not in expected],
        )
        if missing or unknown:
            what = (
                f"the weights {missing[0]!r} are missing"
                if missing
                else f"no layer has the weights {unknown[0][:60]!r}"
            )
            raise ModelError(
                f"{self.name}: its layers and its weights do not match: {what}; "
                "write the file again with hwlib.save_model"
            )
        for name, shape in expected.items():
            if tuple(shapes[name]) != shape:
                raise ModelError(
                    f"{self.name}: the weights {name!r} have the shape {tuple(shapes[name])}, but "
                    f"its layers say {shape}; "
                    "write the file again with hwlib.save_model"
                )

    # ---- JSON ----

    def to_json(self) -> str:
        """The description as JSON, for the header of a model file."""
        return json.dumps(
            {"input_shape": self.input_shape, "layers": [layer.to_json() for layer in self.layers]}
        )

    @classmethod
    def from_json(
        cls, text: str, name: str, training: Mapping[str, Any] | None = None
    ) -> Description:
        """Read and check a description in the form of `to_json`, which a stranger may have written.

        Raises
        ------
        ModelError
            If it does not have that form, or describes a network that exceeds the limits.
        """
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            raise ModelError(
                f"{name}: the description of its layers is not JSON; write it again with "
                "hwlib.save_model"
            ) from None
        shape = value.get("input_shape") if isinstance(value, dict) else None
        if (
            not isinstance(shape, list)
            or not 1 <= len(shape) <= 3
            or not all(type(n) is int and 1 <= n <= 10**6 for n in shape)
        ):
            raise ModelError(
                f"{name}: the input_shape in its description is impossible; write it again with "
                "hwlib.save_model"
            )
        description = cls(
            name, _read_layers(value.get("layers"), name, 0), tuple(shape), training or {}
        )
        if len(description.rows()) > MAX_LAYERS:
            raise ModelError(
                f"{name}: {len(description.rows())} layers; at most {MAX_LAYERS} are allowed"
            )
        return description


def _read_layers(value: object, name: str, depth: int) -> tuple[Layer, ...]:
    if not isinstance(value, list) or len(value) > MAX_LAYERS or depth > MAX_NESTING:
        raise ModelError(
            f"{name}: its description is not a list of at most {MAX_LAYERS} layers, nested at most "
            f"{MAX_NESTING} deep"
        )
    return tuple(
        _read_layer(entry, f"{name}, layer {number}", depth) for number, entry in enumerate(value)
    )


def _read_layer(entry: object, where: str, depth: int) -> Layer:
    if not isinstance(entry, dict) or not isinstance(entry.get("kind"), str):
        raise ModelError(
            f"{where}: expected a kind and its arguments; write the file again with "
            "hwlib.save_model"
        )
    arguments = {key: value for key, value in entry.items() if key != "kind"}
    if entry["kind"] != "Residual":
        return make_layer(entry["kind"], arguments, where)
    paths = [
        _read_layers(arguments.pop(key, None), where, depth + 1) for key in ("body", "shortcut")
    ]
    return Layer("Residual", checked_arguments("Residual", arguments, where), *paths)


def _weights(layers: Sequence[Layer], prefix: str) -> dict[str, Shape]:
    return {
        f"{prefix}{number}.{name}": shape
        for number, layer in enumerate(layers)
        for name, shape in layer.weights.items()
    }


def _rows(layers: Sequence[Layer], shape: Shape, prefix: str, where: str) -> Iterator[Row]:
    for number, layer in enumerate(layers):
        place = f"{prefix}{number}"
        inside: list[Row] = []
        if layer.kind == "Residual":
            inside, output = _residual(layer, shape, place, where)
        else:
            output = _output(layer, shape, place, where)
        if math.prod(output) > MAX_NUMBERS_BETWEEN:
            raise ModelError(
                f"{where}: layer {place} ({layer}) computes {math.prod(output):,} numbers for one "
                f"example; at most {MAX_NUMBERS_BETWEEN:,} are allowed"
            )
        learned = {
            name: size for name, size in layer.weights.items() if not name.startswith("running_")
        }
        work = (
            math.prod(learned["weight"]) * math.prod(output[1:])
            if layer.kind in ("Linear", "Conv2d")
            else 0
        )
        own = 0 if layer.kind == "Residual" else sum(map(math.prod, learned.values()))
        yield Row(place, layer, output, own, work)
        yield from inside
        shape = output


def _residual(layer: Layer, shape: Shape, place: str, where: str) -> tuple[list[Row], Shape]:
    body = list(_rows(layer.body, shape, f"{place}.body.", where))
    shortcut = list(_rows(layer.shortcut, shape, f"{place}.shortcut.", where))
    ends = [
        _last(rows, f"{place}.{path}.", shape)
        for rows, path in ((body, "body"), (shortcut, "shortcut"))
    ]
    if ends[0] != ends[1]:
        raise ModelError(
            f"{where}: layer {place} adds {_show(ends[0])} and {_show(ends[1])}; both paths of a "
            "Residual must give the same shape"
        )
    return [*body, *shortcut], ends[0]


def _last(rows: list[Row], prefix: str, shape: Shape) -> Shape:
    outer = [row for row in rows if row.place.count(".") == prefix.count(".")]
    return outer[-1].output if outer else shape


def _output(layer: Layer, shape: Shape, place: str, where: str) -> Shape:
    try:
        return KINDS[layer.kind].output(layer.arguments, shape)
    except ValueError as error:
        raise ModelError(
            f"{where}: layer {place} ({layer}) {error}, but its input has the shape {_show(shape)}"
        ) from None


def _show(shape: Shape) -> str:
    return " × ".join(map(str, shape))
