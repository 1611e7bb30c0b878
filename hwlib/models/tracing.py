"""Describes a network by following its input through `forward`, layer by layer.

torch.fx runs `forward` once with a stand-in for the input, and records each operation. Only chains
of known layers (modules, or functions such as `F.relu`) can be described, and only an addition may
join two paths. Everything else is refused, and the message names it: an unknown layer, weights
without a layer, a layer that `forward` never uses or uses twice, or a path that depends on the
input.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

from hwlib.errors import ModelError
from hwlib.models.blocks import GlobalAvgPool2d, Residual
from hwlib.models.description import Layer, make_layer
from hwlib.models.kinds import KINDS

__all__ = ["traced"]

_TYPES: dict[type, str] = {
    getattr(nn, name): name for name, kind in KINDS.items() if kind.where == "torch.nn"
}
_TYPES[GlobalAvgPool2d] = "GlobalAvgPool2d"

_POOL = ("kernel_size", "stride", "padding")
# function that forward may call → kind of layer, names of the arguments after the input
_FUNCTIONS: dict[Any, tuple[str, tuple[str, ...]]] = {
    F.relu: ("ReLU", ("inplace",)),
    torch.relu: ("ReLU", ()),
    torch.relu_: ("ReLU", ()),
    "relu": ("ReLU", ()),
    "relu_": ("ReLU", ()),
    F.leaky_relu: ("LeakyReLU", ("negative_slope", "inplace")),
    F.elu: ("ELU", ("alpha", "inplace")),
    F.gelu: ("GELU", ("approximate",)),
    F.silu: ("SiLU", ("inplace",)),
    torch.tanh: ("Tanh", ()),
    F.tanh: ("Tanh", ()),
    "tanh": ("Tanh", ()),
    torch.sigmoid: ("Sigmoid", ()),
    F.sigmoid: ("Sigmoid", ()),
    "sigmoid": ("Sigmoid", ()),
    F.softmax: ("Softmax", ("dim",)),
    torch.softmax: ("Softmax", ("dim",)),
    "softmax": ("Softmax", ("dim",)),
    F.log_softmax: ("LogSoftmax", ("dim",)),
    torch.log_softmax: ("LogSoftmax", ("dim",)),
    "log_softmax": ("LogSoftmax", ("dim",)),
    F.dropout: ("Dropout", ("p", "training", "inplace")),
    F.dropout2d: ("Dropout2d", ("p", "training", "inplace")),
    F.max_pool2d: ("MaxPool2d", (*_POOL, "dilation", "ceil_mode", "return_indices")),
    torch.max_pool2d: ("MaxPool2d", (*_POOL, "dilation", "ceil_mode")),
    F.avg_pool2d: ("AvgPool2d", (*_POOL, "ceil_mode", "count_include_pad", "divisor_override")),
    F.adaptive_avg_pool2d: ("AdaptiveAvgPool2d", ("output_size",)),
    torch.flatten: ("Flatten", ("start_dim", "end_dim")),
    "flatten": ("Flatten", ("start_dim", "end_dim")),
}
_ADDITIONS = (operator.add, operator.iadd, torch.add, "add", "add_")
_RESHAPES = ("view", "reshape", torch.reshape)
_BATCH = 104_729  # the value of len(x) while tracing: a number that nobody writes


def traced(
    model: nn.Module, input_shape: Sequence[int] | None = None
) -> tuple[tuple[Layer, ...], dict[str, Any]]:
    """Find the layers of a network, and its weights by their names in the description.

    Parameters
    ----------
    model : nn.Module
    input_shape : sequence of int, optional
        The shape of one example. Without it, an MNIST or CIFAR-10 image, or a row of features,
        whichever the network takes.

    Raises
    ------
    ModelError
        If it cannot be described. The message names the part.
    """
    if type(model) in _TYPES:
        model = nn.Sequential(model)
    modes = {module: module.training for module in model.modules()}
    try:
        for module in modes:
            module.training = False
        graph = _Tracer(_example(model, input_shape)).trace(model)
    except ModelError:
        raise
    except Exception as error:
        reason = str(error).partition("\n")[0][:200]
        raise ModelError(
            f"{type(model).__name__}: cannot follow forward ({reason}); write it as layers that "
            "are called in order, without if, print or loops over data"
        ) from error
    finally:
        for module, training in modes.items():
            module.training = training
    return _Reader(model, graph).read()


def _example(model: nn.Module, input_shape: Sequence[int] | None) -> torch.Tensor | None:
    """Two examples that the network takes; None if none is known."""
    widths = [module.in_features for module in model.modules() if isinstance(module, nn.Linear)]
    shapes = [(1, 28, 28), (3, 32, 32), *((width,) for width in widths[:1])]
    weight = next(model.parameters(), torch.zeros(()))
    for shape in shapes if input_shape is None else [tuple(input_shape)]:
        inputs = torch.zeros((2, *shape), device=weight.device, dtype=weight.dtype)
        with torch.no_grad(), contextlib.suppress(Exception):
            model(inputs)
            return inputs
    return None


class _Input(fx.Proxy):  # type: ignore[misc]
    """The stand-in for a tensor.

    It also supports len(x), which torch.fx refuses, and knows its shape where an example of the
    input is known: so `forward` may compute with `x.size()`.
    """

    value: torch.Tensor | None = None  # what it is for the example

    def __len__(self) -> int:
        return _BATCH

    @property
    def shape(self) -> Any:
        if self.value is None:
            return fx.proxy.Attribute(self, "shape")
        return torch.Size((_BATCH, *self.value.shape[1:]))

    def size(self, dim: int | None = None) -> Any:
        if self.value is None:
            return self.tracer.create_proxy("call_method", "size", (self, *_given(dim)), {})
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> Any:
        if self.value is None:
            return self.tracer.create_proxy("call_method", "dim", (self,), {})
        return self.value.dim()


def _given(dim: int | None) -> tuple[int, ...]:
    return () if dim is None else (dim,)


class _Tracer(fx.Tracer):  # type: ignore[misc]
    def __init__(self, example: torch.Tensor | None) -> None:
        super().__init__()
        self.example = example

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        """Whether to record a module as one layer: any module of torch, and hwlib's own layers.

        So an unknown layer of torch is named in the message.
        """
        if type(module) in (nn.Sequential, Residual):
            return False
        return type(module) in _TYPES or type(module).__module__.startswith("torch.")

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Input(node, self)

    def create_proxy(
        self, kind: str, target: Any, args: Any, kwargs: Any, *more: Any, **named: Any
    ) -> fx.Proxy:
        """The stand-in for what a call gives, with its value for the example."""
        proxy = super().create_proxy(kind, target, args, kwargs, *more, **named)
        if kind == "placeholder":
            proxy.value = self.example
        elif self.example is not None:
            with torch.no_grad(), _unrecorded(), contextlib.suppress(Exception):
                proxy.value = self._called(kind, target, _values(args), _values(kwargs))
        return proxy

    def _called(self, kind: str, target: Any, args: Any, kwargs: Any) -> torch.Tensor | None:
        function = {
            "call_module": lambda: self.root.get_submodule(target),
            "call_method": lambda: getattr(torch.Tensor, target),
            "call_function": lambda: target,
        }[kind]()
        found = function(*args, **kwargs)
        return found if isinstance(found, torch.Tensor) else None


# torch.fx replaces both while it traces
_ORIGINAL = {name: getattr(nn.Module, name) for name in ("__call__", "__getattr__")}


@contextlib.contextmanager
def _unrecorded() -> Iterator[None]:
    """Calls of modules are calls, and not nodes of the graph."""
    replaced = {name: getattr(nn.Module, name) for name in _ORIGINAL}
    try:
        for name, method in _ORIGINAL.items():
            setattr(nn.Module, name, method)
        yield
    finally:
        for name, method in replaced.items():
            setattr(nn.Module, name, method)


def _values(arguments: Any) -> Any:
    """The same arguments for the example: two images, where `forward` says how many there are."""
    match arguments:
        case _Input():
            if arguments.value is None:
                raise ValueError("nobody knows its value")
            return arguments.value
        case dict():
            return {name: _values(value) for name, value in arguments.items()}
        case list() | tuple():
            return tuple(map(_values, arguments))
        case int() if arguments == _BATCH:
            return 2
    return arguments


class _Reader:
    """Reads the recorded graph from its end back to the input."""

    def __init__(self, model: nn.Module, graph: fx.Graph) -> None:
        self.model, self.name = model, type(model).__name__
        # a layer may have several names: self.a, and in self.net = nn.Sequential(self.a, …)
        self.modules = dict(model.named_modules(remove_duplicate=False))
        self.first_name = {module: name for name, module in model.named_modules()}
        self.order = {node: number for number, node in enumerate(graph.nodes)}
        self.used: list[str] = []
        # (name in the description, name of the module) of each layer with weights
        self.owners: list[tuple[str, str]] = []
        inputs = [node for node in graph.nodes if node.op == "placeholder"]
        if len(inputs) != 1:
            raise ModelError(
                f"{self.name}: forward takes {len(inputs)} inputs; expected only the images"
            )
        self.start = inputs[0]
        (self.end,) = next(node for node in graph.nodes if node.op == "output").args

    def read(self) -> tuple[tuple[Layer, ...], dict[str, Any]]:
        if not isinstance(self.end, fx.Node):
            raise ModelError(
                f"{self.name}: forward does not return one tensor; expected only the scores"
            )
        layers, names = self._chain(self.end, self.start)
        self._check_use()
        weights: dict[str, Any] = {}
        for place, layer, module in _numbered(layers, names):
            weights |= {
                f"{place}.{name}": getattr(self.modules[module], name).detach()
                for name in layer.weights
            }
        return tuple(layers), weights

    def _chain(self, node: fx.Node, start: fx.Node) -> tuple[list[Layer], list[Any]]:
        """The layers between two nodes, each with the name of its module or "" if there is none.

        For a Residual, there are the same lists for its two paths.
        """
        layers: list[Layer] = []
        names: list[Any] = []
        while node is not start:
            if node.op in ("placeholder", "get_attr"):
                raise ModelError(
                    f"{self.name}: forward uses {str(node.target)!r}, which belongs to no layer; "
                    "put it into a layer of torch.nn"
                )
            if node.target in _ADDITIONS:
                layer, name, node = self._residual(node)
            else:
                layer, name, node = self._step(node)
            layers.insert(0, layer)
            names.insert(0, name)
        return layers, names

    def _step(self, node: fx.Node) -> tuple[Layer, str, fx.Node]:
        source = node.args[0] if node.args else node.kwargs.get("input")
        if not isinstance(source, fx.Node):
            raise ModelError(
                f"{self.name}: forward calls {self._called(node)} on something other than the "
                "output of a layer; use a layer of torch.nn instead"
            )
        if node.op == "call_module":
            name = self.first_name[self.modules[str(node.target)]]
            return self._of_module(name), name, source
        return self._of_function(node), "", source

    def _residual(self, node: fx.Node) -> tuple[Layer, Any, fx.Node]:
        ends = [argument for argument in node.args[:2] if isinstance(argument, fx.Node)]
        if len(ends) != 2 or len(node.args) > 2 or node.kwargs:
            raise ModelError(
                f"{self.name}: forward adds something other than two tensors; add only the "
                "outputs of two paths of layers"
            )
        common = _ancestors(ends[0]) & _ancestors(ends[1])
        if not common:
            raise ModelError(
                f"{self.name}: forward adds two tensors that do not come from the same input; let "
                "both paths start from one tensor"
            )
        fork = max(common, key=self.order.__getitem__)
        (body, body_names), (shortcut, shortcut_names) = (
            self._chain(ends[0], fork),
            self._chain(ends[1], fork),
        )
        if not body:
            body, body_names, shortcut, shortcut_names = shortcut, shortcut_names, body, body_names
        return (
            Layer("Residual", {}, tuple(body), tuple(shortcut)),
            (body_names, shortcut_names),
            fork,
        )

    def _of_module(self, name: str) -> Layer:
        module = self.modules[name]
        where = f"{self.name}.{name}"
        kind = _TYPES.get(type(module))
        if kind is None:
            raise ModelError(
                f"{where}: a layer {type(module).__name__} cannot be saved; use one of: "
                f"{', '.join(KINDS)}"
            )
        for attribute, value in KINDS[kind].fixed.items():
            if not _is_as(kind, attribute, getattr(module, attribute), value):
                raise ModelError(
                    f"{where}: {kind} with {attribute}={getattr(module, attribute)} cannot be "
                    f"saved; use {value}"
                )
        if module._forward_hooks or module._forward_pre_hooks:
            raise ModelError(f"{where}: {kind} has hooks, which cannot be saved; remove them first")
        self.used.append(name)
        layer = make_layer(kind, _arguments(module, kind), where)
        if layer.weights and self.used.count(name) > 1:
            raise ModelError(
                f"{where}: forward uses this {kind} twice, but shared weights cannot be saved; "
                "make two layers"
            )
        return layer

    def _of_function(self, node: fx.Node) -> Layer:
        where = f"{self.name}.forward"
        if node.target in _RESHAPES:
            return self._flatten(node, where)
        if node.target in (torch.mean, "mean"):
            return self._mean(node, where)
        if node.target not in _FUNCTIONS:
            raise ModelError(
                f"{where}: {self._called(node)} cannot be saved; use layers of torch.nn "
                f"({', '.join(KINDS)})"
            )
        kind, names = _FUNCTIONS[node.target]
        given = dict(zip(names, node.args[1:], strict=False)) | {
            key: value for key, value in node.kwargs.items() if key != "input"
        }
        if kind.startswith("Dropout"):
            if given.pop("training", True):
                raise ModelError(
                    f"{where}: {self._called(node)} also drops values in eval mode; pass "
                    f"training=self.training, or use nn.{kind}"
                )
            given.setdefault("p", 0.5)
        given = {
            key: value
            for key, value in given.items()
            if key != "inplace" and not key.startswith("_")
        }
        if kind == "Flatten":
            given.setdefault("start_dim", 0)
        for attribute, value in KINDS[kind].fixed.items():
            if not _is_as(kind, attribute, given.pop(attribute, value), value):
                raise ModelError(
                    f"{where}: {self._called(node)} must have {attribute}={value}"
                    + (", or it mixes the images of a batch" if kind == "Flatten" else "")
                )
        given.pop("dtype", None)
        return make_layer(kind, given, where)

    def _flatten(self, node: fx.Node, where: str) -> Layer:
        sizes = (
            node.args[1:]
            if len(node.args) != 2 or not isinstance(node.args[1], tuple | list)
            else node.args[1]
        )
        batch_first = len(sizes) == 2 and (
            isinstance(sizes[0], fx.Node) or sizes[0] in (_BATCH, -1)
        )
        if not batch_first:
            raise ModelError(
                f"{where}: {self._called(node)} can only be saved if it flattens each image; "
                "write x.flatten(1)"
            )
        return make_layer("Flatten", {}, where)

    def _mean(self, node: fx.Node, where: str) -> Layer:
        axes = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else None)
        over_picture = isinstance(axes, tuple | list) and tuple(axes) in ((2, 3), (-2, -1))
        if not over_picture or node.kwargs.get("keepdim") or len(node.args) > 2:
            raise ModelError(
                f"{where}: mean can only be saved if it is the mean over each image; write "
                "x.mean(dim=(2, 3))"
            )
        return make_layer("GlobalAvgPool2d", {}, where)

    def _called(self, node: fx.Node) -> str:
        target = node.target
        return f"{target if isinstance(target, str) else getattr(target, '__name__', target)}(…)"

    def _check_use(self) -> None:
        """Raise ModelError if a layer is not used, or if a weight belongs to no used layer."""
        for module, name in self.first_name.items():
            if type(module) in _TYPES and type(module) is not nn.Identity and name not in self.used:
                raise ModelError(
                    f"{self.name}.{name}: forward never uses this {type(module).__name__}; use it "
                    "in forward, or remove it"
                )
        owned = {
            id(weight)
            for name in self.used
            for weight in self.modules[name].parameters(recurse=False)
        }
        strays = [name for name, weight in self.model.named_parameters() if id(weight) not in owned]
        if strays:
            raise ModelError(
                f"{self.name}: the parameter {strays[0]!r} belongs to no layer that can be saved; "
                "put it into a layer of torch.nn"
            )


def _is_as(kind: str, attribute: str, value: Any, wanted: Any) -> bool:
    """Whether an attribute has the value that it must have. `flatten(x, 1, 3)` does the same as
    `flatten(x, 1)` to a batch of images; that it does so here is proven when the results of both
    networks are compared.
    """
    if kind == "Flatten" and attribute == "end_dim":
        return value in (-1, 2, 3)
    return bool(value == wanted)


def _arguments(module: nn.Module, kind: str) -> dict[str, Any]:
    found = {name: getattr(module, name) for name in KINDS[kind].arguments}
    if "bias" in found:
        found["bias"] = module.bias is not None
    if kind == "Conv2d" and isinstance(module.padding, str):
        found["padding"] = _padding_of_word(module)
    if kind.startswith("BatchNorm") and module.momentum is None:
        found["momentum"] = 0.1  # matters for training only
    if kind == "AdaptiveAvgPool2d" and isinstance(module.output_size, tuple | list):
        found["output_size"] = list(module.output_size)
    return found


def _padding_of_word(module: nn.Module) -> Any:
    if module.padding == "valid":
        return 0
    reach = [d * (k - 1) for d, k in zip(module.dilation, module.kernel_size, strict=True)]
    return "same, with an even window" if any(n % 2 for n in reach) else [n // 2 for n in reach]


def _ancestors(node: fx.Node) -> set[fx.Node]:
    found: set[fx.Node] = set()
    todo = [node]
    while todo:
        current = todo.pop()
        if current not in found:
            found.add(current)
            todo.extend(current.all_input_nodes)
    return found


def _numbered(
    layers: Sequence[Layer], names: list[Any], prefix: str = ""
) -> Iterator[tuple[str, Layer, str]]:
    """Yield (place, layer, name of its module) for every layer with weights of its own."""
    for number, (layer, name) in enumerate(zip(layers, names, strict=True)):
        if layer.kind == "Residual":
            yield from _numbered(layer.body, name[0], f"{prefix}{number}.body.")
            yield from _numbered(layer.shortcut, name[1], f"{prefix}{number}.shortcut.")
        elif layer.weights:
            yield f"{prefix}{number}", layer, name
