"""`blockviz.runtime.records.dataclass` keeps the promises of the standard library's."""

import copy
import dataclasses
import pickle

import pytest

from blockviz.runtime.records import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float = 0.0
    tags: tuple[str, ...] = field(default=())
    notes: list[str] = field(default_factory=list)

    @property
    def sum(self) -> float:
        return self.x + self.y


@dataclass(slots=True)
class Base:
    size: int
    twice: int = field(init=False)
    seen: list[int] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.twice = 2 * self.size


@dataclass(slots=True)
class Child(Base):
    name: str = "child"


@dataclass(frozen=True, slots=True, eq=False)
class Same:
    x: int = 1


@dataclass(frozen=True, slots=True)
class Empty:
    pass


def test_construction_defaults_and_slots() -> None:
    point = Point(1.0, notes=["a"])
    assert (point.x, point.y, point.tags, point.notes, point.sum) == (1.0, 0.0, (), ["a"], 1.0)
    assert Point(1.0).notes is not Point(1.0).notes
    assert not hasattr(point, "__dict__")
    with pytest.raises(TypeError, match="x"):
        Point()
    with pytest.raises(TypeError, match="z"):
        Point(1.0, z=2)


def test_frozen_means_frozen() -> None:
    point = Point(1.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2.0  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x  # type: ignore[misc]
    base = Base(1)
    base.size = 5
    assert base.size == 5


def test_equality_hash_and_text() -> None:
    assert Same(1) != Same(1) and len({Same(1), Same(1)}) == 2
    assert Base(1) == Base(1) != Base(2) and Base(1) != Child(1)
    with pytest.raises(TypeError):
        hash(Base(1))
    assert Empty() == Empty() and len({Empty(), Empty()}) == 1
    assert hash(Point(1.0, notes=())) == hash(Point(1.0, notes=()))  # type: ignore[arg-type]
    assert repr(Point(1.0)) == "Point(x=1.0, y=0.0, tags=(), notes=[])"


def test_inheritance_and_fields_made_afterwards() -> None:
    child = Child(3)
    assert (child.size, child.twice, child.name) == (3, 6, "child")
    assert repr(child) == "Child(size=3, twice=6, seen=[], name='child')"
    assert replace(child, size=4).twice == 8


def test_copies() -> None:
    point = Point(1.0, 2.0, ("a",), ["b"])
    assert replace(point, y=3.0) == Point(1.0, 3.0, ("a",), ["b"])
    assert copy.deepcopy(point) == point == pickle.loads(pickle.dumps(point))
    assert copy.deepcopy(point).notes is not point.notes


def test_the_standard_functions_take_them() -> None:
    point = Point(1.0)
    assert [each.name for each in dataclasses.fields(point)] == ["x", "y", "tags", "notes"]
    assert dataclasses.replace(point, x=2.0) == Point(2.0)
    assert dataclasses.asdict(point) == {"x": 1.0, "y": 0.0, "tags": (), "notes": []}
    assert dataclasses.replace(Child(1), name="other") == replace(Child(1), name="other")


def pair() -> type:
    @dataclass(frozen=True, slots=True)
    class Pair:
        a: int
        b: int = 2
        c: list[int] = field(default_factory=list)
        d: int = field(default=4, init=False)

    return Pair


@pytest.mark.parametrize("made_before", [0, 1, 100])  # ``__init__`` is compiled in between
@pytest.mark.parametrize(
    ("args", "kwargs"), [((), {}), ((1, 2, [], 4), {}), ((1,), {"a": 2}), ((1,), {"e": 2}), ((1,), {"d": 2})]
)
def test_wrong_arguments_are_refused(made_before: int, args: tuple, kwargs: dict) -> None:
    kind = pair()
    for _ in range(made_before):
        assert repr(kind(1, b=3)).endswith("Pair(a=1, b=3, c=[], d=4)")
    with pytest.raises(TypeError):
        kind(*args, **kwargs)
    assert kind(1) == kind(1, 2, [])
