"""Small changes of the code, each of which a test should notice.

A change is made of the code inside of functions, never of their names, defaults and decorators: so
a function that is loaded already can be given its changed code.
"""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef

OTHER_COMPARISON: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OTHER_OPERATION: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


@dataclass(frozen=True)
class Mutant:
    """A change of one place: the bytes from `start` to `end` of `file` become `new`.

    `function` is the qualified name of the outermost function around the place, which begins in
    `first_line` (with its decorators, as code objects count).
    """

    file: Path
    function: str
    first_line: int
    lines: range
    start: int
    end: int
    new: str
    # The function with what is changed, in words that stay the same when lines are moved.
    change: str

    def __str__(self) -> str:
        return f"{self.file}:{self.lines.start} {self.change}"

    def applied_to(self, source: bytes) -> bytes:
        """Return the changed source, in which no line below the change has another number."""
        missing = source[self.start : self.end].count(b"\n") - self.new.count("\n")
        return source[: self.start] + self.new.encode() + b"\n" * missing + source[self.end :]


def mutants_of(file: Path, source: bytes) -> Iterator[Mutant]:
    """Yield every change of `source`, the content of `file`."""
    starts = _line_starts(source)
    for name, function in _outermost_functions(ast.parse(source)):
        first = min([each.lineno for each in function.decorator_list] + [function.lineno])
        body = function.body[1:] if ast.get_docstring(function) is not None else function.body
        for statement in body:
            for node, change in _changes_in(statement):
                start = starts[node.lineno - 1] + node.col_offset
                end = starts[_last_line(node) - 1] + (node.end_col_offset or 0)
                yield Mutant(
                    file=file,
                    function=name,
                    first_line=first,
                    lines=range(node.lineno, _last_line(node) + 1),
                    start=start,
                    end=end,
                    new=_as_source(change, node.col_offset),
                    change=f"{name}: {_in_short(node)} → {_in_short(change)}",
                )


def _outermost_functions(module: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    for node in ast.iter_child_nodes(module):
        if isinstance(node, Function):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _outermost_functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from _outermost_functions(node, prefix)


def _changes_in(statement: ast.stmt) -> Iterator[tuple[Any, ast.AST]]:
    """Yield each node inside, with what takes its place."""
    for node in _walk(statement):
        for change in _changes_of(node):
            yield node, ast.fix_missing_locations(change)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the node and all below it, but for annotations and what an f-string is made of."""
    yield node
    if isinstance(node, ast.JoinedStr):
        return
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list"}:
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST):
                yield from _walk(each)


def _changes_of(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=[operator]):
            yield _with(node, ops=[OTHER_COMPARISON[type(operator)]()])
        case ast.BoolOp():
            yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
            yield from _without_one(node, "values")
        case ast.UnaryOp():
            yield node.operand
        case ast.BinOp(op=operation) if type(operation) in OTHER_OPERATION:
            yield _with(node, op=OTHER_OPERATION[type(operation)]())
        case ast.Constant(value=int() | float() as value):
            yield _with(node, value=not value if isinstance(value, bool) else value + 1)
        case ast.Call():
            yield from _changes_of_call(node)
        case ast.IfExp():
            yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.stmt():
            yield from _changes_of_statement(node)


def _changes_of_call(call: ast.Call) -> Iterator[ast.AST]:
    """Yield the call without a keyword, with two arguments exchanged, and without its method."""
    yield from _without_one(call, "keywords", least=0)
    for (place, first), (_, second) in pairwise(enumerate(call.args)):
        if isinstance(first, ast.Starred) or isinstance(second, ast.Starred):
            continue
        if ast.dump(first) != ast.dump(second):
            exchanged = [*call.args]
            exchanged[place : place + 2] = [second, first]
            yield _with(call, args=exchanged)
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
        yield call.func.value


def _changes_of_statement(node: ast.stmt) -> Iterator[ast.AST]:
    match node:
        case ast.If(test=test) | ast.While(test=test) if not _is_changed_itself(test):
            yield _with(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.With():
            for item in node.items:
                others = [each for each in node.items if each is not item]
                if item.optional_vars is None:
                    yield (
                        _with(node, items=others)
                        if others
                        else ast.If(ast.Constant(True), node.body, [])
                    )
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            yield ast.Pass()
        case ast.Raise() | ast.AugAssign() | ast.Delete():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.Return(value=ast.Call() | ast.Attribute() | ast.BinOp() | ast.Compare()):
            yield ast.Return(ast.Constant(None))
        case ast.Break() | ast.Continue():
            yield ast.Pass()


def _is_changed_itself(test: ast.expr) -> bool:
    """Return whether a change of the test itself is its opposite, or shows as much as that."""
    match test:
        case ast.UnaryOp() | ast.BoolOp():
            return True
        case ast.Compare(
            ops=[ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot() | ast.In() | ast.NotIn()]
        ):
            return True
    return False


def _without_one(node: ast.AST, field: str, *, least: int = 1) -> Iterator[ast.AST]:
    """Yield copies that lack one of the elements of `field`; the last of `least` is alone."""
    elements = getattr(node, field)
    for place in range(len(elements)):
        others = elements[:place] + elements[place + 1 :]
        if least == len(others) == 1 and isinstance(node, ast.BoolOp):
            yield others[0]
        elif len(others) >= least:
            yield _with(node, **{field: others})


def _with(node: ast.AST, **fields: Any) -> ast.AST:
    # The parts are copied, because the tree is still being walked.
    changed = type(node)(**{name: getattr(node, name, None) for name in node._fields})
    for name, value in fields.items():
        setattr(changed, name, value)
    return deepcopy(changed)


def _as_source(node: ast.AST, column: int) -> str:
    """Return the node as source for a place in `column`."""
    text = ast.unparse(node)
    if isinstance(node, ast.stmt):
        return text.replace("\n", "\n" + " " * column)
    # In brackets, it can stand where the old expression stood, whatever is around it.
    return f"({text})"


def _line_starts(source: bytes) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _last_line(node: Any) -> int:
    return int(node.end_lineno)


def _in_short(node: ast.AST) -> str:
    """Return the node in one line; of a statement with a block, its head."""
    return " ".join(ast.unparse(node).split(":\n")[0].split())
