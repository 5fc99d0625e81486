"""Arithmetic on a whole vector register at a time, inside of loops that numba compiles.

What is computed with such numbers is in `sersk.signal._compiled.fourier` and its neighbours.
"""

# A compiler turns a loop into vector instructions only where it can prove that no store reaches
# into a later load, and gives up on a Fourier transform. So the body of such a loop is a Python
# function over `Memory` and `Lanes`, which is run once, when the loop is compiled: each operation
# on a `Lanes` is the one instruction for all lanes. What is emitted is LLVM's own language, hence
# the same source serves every processor.

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

# float32 numbers in a vector register. The results don't depend on it: lanes never meet.
LANES = 16 if llvmlite.binding.get_host_cpu_features().get("avx512f") else 8

_INT, _FLOAT = ir.IntType(32), ir.FloatType()
_INTS, _FLOATS = ir.VectorType(_INT, LANES), ir.VectorType(_FLOAT, LANES)
# A product and the sum after it may be one instruction, rounded once.
_FLAGS = ("contract",)


class Lanes:
    """A vector of `LANES` numbers, as a compiler sees it: something to emit instructions about."""

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.builder, self.value = builder, value

    def _operand(self, other: Any) -> ir.Value:
        return other.value if isinstance(other, Lanes) else ir.Constant(_FLOATS, [other] * LANES)

    def __add__(self, other: Any) -> "Lanes":
        return self._of(self.builder.fadd(self.value, self._operand(other), flags=_FLAGS))

    def __sub__(self, other: Any) -> "Lanes":
        return self._of(self.builder.fsub(self.value, self._operand(other), flags=_FLAGS))

    def __mul__(self, other: Any) -> "Lanes":
        return self._of(self.builder.fmul(self.value, self._operand(other), flags=_FLAGS))

    def __truediv__(self, other: Any) -> "Lanes":
        return self._of(self.builder.fdiv(self.value, self._operand(other), flags=_FLAGS))

    def __neg__(self) -> "Lanes":
        return self._of(self.builder.fneg(self.value))

    def _of(self, value: ir.Value) -> "Lanes":
        return Lanes(self.builder, value)

    def inverse(self) -> "Lanes":
        return self._of(self.builder.fdiv(self._operand(1.0), self.value))

    def sqrt(self) -> "Lanes":
        kind = ir.FunctionType(_FLOATS, [_FLOATS])
        name = f"llvm.sqrt.v{LANES}f32"
        root = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self._of(self.builder.call(root, [self.value]))

    def at_least(self, other: Any) -> "Lanes":
        """Return the larger one of each lane; where this one is NaN, the other."""
        other = self._operand(other)
        return self._of(
            self.builder.select(
                self.builder.fcmp_ordered(">", self.value, other), self.value, other
            )
        )

    def decibels(self) -> "Lanes":
        """Return ten times the decimal logarithm of positive numbers; of others, no promise.

        Infinity and NaN stay what they are.
        """
        build = self.builder
        bits = build.bitcast(self.value, _INTS)
        # x = 2^exponent * rest, with a rest from sqrt(1/2) to sqrt(2): these are the bits of x
        # and of sqrt(1/2) as integers, whose difference holds the exponent from bit 23 up.
        root_of_half = ir.Constant(_INTS, [0x3F3504F3] * LANES)
        shift = ir.Constant(_INTS, [23] * LANES)
        exponent = build.ashr(build.sub(bits, root_of_half), shift)
        rest = self._of(build.bitcast(build.sub(bits, build.shl(exponent, shift)), _FLOATS))
        # log(rest) = 2 artanh(s), of which five terms are enough: s is at most 0.172
        s = (rest - 1.0) / (rest + 1.0)
        square = s * s
        series = square * (2 / 9) + 2 / 7
        for coefficient in (2 / 5, 2 / 3, 2.0):
            series = series * square + coefficient
        power_of_two = self._of(build.sitofp(exponent, _FLOATS))
        decibels = power_of_two * 3.010299956639812 + s * series * 4.342944819032518
        is_finite = build.fcmp_ordered("<", self.value, self._operand(float("inf")))
        return self._of(build.select(is_finite, decibels.value, self.value))

    def shuffle(self, other: "Lanes", lanes: Sequence[int]) -> "Lanes":
        """Return the lanes so numbered; those of `other` are counted from `LANES`."""
        mask = ir.Constant(_INTS, list(lanes))
        return self._of(self.builder.shuffle_vector(self.value, other.value, mask))

    def reversed(self) -> "Lanes":
        return self.shuffle(self, range(LANES - 1, -1, -1))


def unzip(first: Lanes, second: Lanes) -> tuple[Lanes, Lanes]:
    """Return the numbers at even and at odd places of two vectors that lie side by side."""
    places = range(0, 2 * LANES, 2)
    return first.shuffle(second, places), first.shuffle(second, [p + 1 for p in places])


def zipped(even: Lanes, odd: Lanes) -> tuple[Lanes, Lanes]:
    """Undo `unzip`."""
    places = [p for lane in range(LANES) for p in (lane, LANES + lane)]
    return even.shuffle(odd, places[:LANES]), even.shuffle(odd, places[LANES:])


def transpose(rows: Sequence[Lanes]) -> list[Lanes]:
    """Transpose a square of as many vectors as they have lanes."""
    rows = list(rows)

    def exchange(distance: int, first: list[int], second: list[int]) -> None:
        for i in (i for i in range(LANES) if not i & distance):
            one, other = rows[i], rows[i + distance]
            rows[i], rows[i + distance] = one.shuffle(other, first), one.shuffle(other, second)

    # Squares of four in the two steps for which processors have cheap instructions, ...
    fours, n = range(0, LANES, 4), LANES
    low = [lane for f in fours for lane in (f, n + f, f + 1, n + f + 1)]
    exchange(1, low, [lane + 2 for lane in low])
    low = [lane for f in fours for lane in (f, f + 1, n + f, n + f + 1)]
    exchange(2, low, [lane + 2 for lane in low])
    for f in fours:
        rows[f + 1], rows[f + 2] = rows[f + 2], rows[f + 1]
    # ... then squares of these, in halves, quarters, ...
    distance = 4
    while distance < LANES:
        exchange(
            distance,
            [n + lane - distance if lane & distance else lane for lane in range(n)],
            [n + lane if lane & distance else lane + distance for lane in range(n)],
        )
        distance *= 2
    return rows


class Place:
    """An index into a `Memory`, with the sums and products that lead to others."""

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.builder, self.value = builder, value

    def _operand(self, other: Any) -> ir.Value:
        return other.value if isinstance(other, Place) else ir.Constant(self.value.type, other)

    def __add__(self, other: Any) -> "Place":
        return Place(self.builder, self.builder.add(self.value, self._operand(other)))

    def __sub__(self, other: Any) -> "Place":
        return Place(self.builder, self.builder.sub(self.value, self._operand(other)))

    def __mul__(self, other: Any) -> "Place":
        return Place(self.builder, self.builder.mul(self.value, self._operand(other)))

    __rmul__ = __mul__


class Memory:
    """A contiguous array of float32, to be read and written a vector at a time."""

    def __init__(self, builder: ir.IRBuilder, start: ir.Value) -> None:
        self.builder, self.start = builder, start

    def __getitem__(self, place: Place) -> Lanes:
        """Read the numbers from `place` on."""
        vector = self._vector_at(place)
        return Lanes(self.builder, self.builder.load(vector, align=4))

    def __setitem__(self, place: Place, lanes: Lanes) -> None:
        """Write the numbers from `place` on."""
        self.builder.store(lanes.value, self._vector_at(place), align=4)

    def _vector_at(self, place: Place) -> ir.Value:
        number = self.builder.gep(self.start, [place.value])
        return self.builder.bitcast(number, _FLOATS.as_pointer())

    def spread(self, place: Place) -> Lanes:
        """Read one number into all lanes."""
        return spread(self.builder, self.builder.load(self.builder.gep(self.start, [place.value])))


def spread(builder: ir.IRBuilder, number: ir.Value) -> Lanes:
    """Return a number in all lanes."""
    nothing = ir.Constant(_FLOATS, ir.Undefined)
    first = builder.insert_element(nothing, number, ir.Constant(_INT, 0))
    zeros = ir.Constant(_INTS, [0] * LANES)
    return Lanes(builder, builder.shuffle_vector(first, nothing, zeros))


def loop_body(function: Callable[..., None]) -> Any:
    """Make a function that compiled loops can call of one over `Memory`, `Place` and `Lanes`.

    A `Memory` is called for by its address, an integer, and a `Place` by its number: integers are
    not counted as references are, at every call. Whoever calls holds on to the arrays.
    """
    own = inspect.signature(function).parameters.values()
    kinds = [parameter.annotation for parameter in own]

    def emit(context: Any, builder: Any, signature: Any, values: Sequence[Any]) -> Any:
        made = {
            Memory: lambda value: Memory(builder, builder.inttoptr(value, _FLOAT.as_pointer())),
            Place: lambda value: Place(builder, value),
            Lanes: lambda value: spread(builder, value),
        }
        function(*(made[kind](value) for kind, value in zip(kinds, values, strict=True)))
        return context.get_dummy_value()

    def describe(typing: Any, *arguments: Any) -> Any:
        return types.void(*(types.float32 if k is Lanes else types.intp for k in kinds)), emit

    typing = inspect.signature(describe).parameters["typing"]
    describe.__signature__ = inspect.Signature([typing, *own])  # type: ignore[attr-defined]
    return intrinsic(describe)


@intrinsic
def read(typing: Any, memory: Any, place: Any) -> Any:
    """Read one number."""

    def emit(context: Any, builder: Any, signature: Any, values: Sequence[Any]) -> Any:
        start = builder.inttoptr(values[0], _FLOAT.as_pointer())
        return builder.load(builder.gep(start, [values[1]]))

    return types.float32(types.intp, types.intp), emit


@intrinsic
def write(typing: Any, memory: Any, place: Any, number: Any) -> Any:
    """Write one number."""

    def emit(context: Any, builder: Any, signature: Any, values: Sequence[Any]) -> Any:
        start = builder.inttoptr(values[0], _FLOAT.as_pointer())
        builder.store(values[2], builder.gep(start, [values[1]]))
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.float32), emit
