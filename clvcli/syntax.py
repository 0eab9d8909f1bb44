"""Syntax: text to a tree that is surely arithmetic, or an error with a caret under what isn't."""

from __future__ import annotations

import ast
import re
import warnings

from clvcli.errors import ConfigError, Place, Problem

LONGEST = 1_000
MOST_NODES = 200
DEEPEST = 50
LARGEST_FRAME = 2_000
LARGEST = 1e15
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.Eq, ast.NotEq)
_ALLOWED = "use + - * / ** ( ), min(), max(), abs(), coalesce(), if … else, comparisons, and, or, not"
_BACKTICKED = re.compile(r"`([^`]+)`")
_NAMED: dict[type[ast.AST], str] = {
    ast.Call: "a call other than min(), max(), coalesce() and abs()",
    ast.Compare: "a chain of comparisons",
    ast.BinOp: "this operator",
    ast.UnaryOp: "this sign",
    ast.Constant: "this value",
    ast.Attribute: "a dot",
    ast.Subscript: "an index",
}


def syntax_tree(text: str, place: Place) -> tuple[ast.expr, dict[str, str]]:
    """The tree of `text`, and the names in backticks by what stands for them in the tree.

    Raises ConfigError, pointing into `place`, at the first thing that isn't arithmetic.
    """
    quoted: dict[str, str] = {}
    plain = re.sub(r"[\r\n\f]", " ", _BACKTICKED.sub(lambda m: _stand_in(m, quoted), text))
    if len(text) > LONGEST or plain.count("(") > DEEPEST:
        raise _refusal(f"the formula is longer than {LONGEST} characters or deeper than {DEEPEST} parentheses", place, 0)
    tree = _syntax(plain, text, place)
    if sum(isinstance(node, ast.expr) for node in ast.walk(tree)) > MOST_NODES or _size(tree) > LARGEST_FRAME:
        raise _refusal(f"the formula has more than {MOST_NODES} parts, or divisions too deep in each other", place, 0)
    try:
        _refuse_lone_text(tree)
    except _FaultError as fault:
        raise _refusal(f"{fault} can't stand here", place, fault.offset, _ALLOWED) from None
    return tree, quoted


def is_text(node: ast.AST) -> bool:
    """Whether a node is a text in quotes."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _syntax(plain: str, text: str, place: Place) -> ast.expr:
    indent = len(plain) - len(plain.lstrip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(plain.lstrip(), mode="eval").body
    except SyntaxError as error:
        raise _refusal(f"can't read '{text}': {error.msg}", place, indent + max((error.offset or 1) - 1, 0), _ALLOWED) from None
    except (ValueError, MemoryError, RecursionError):
        raise _refusal(f"can't read '{text[:40]}'", place, 0, _ALLOWED) from None
    for node in (n for n in ast.walk(tree) if isinstance(n, ast.expr)):
        node.col_offset = indent + len(plain.lstrip().encode()[: node.col_offset].decode())  # Python counts bytes
    return tree


def _stand_in(match: re.Match[str], quoted: dict[str, str]) -> str:
    """An identifier as long as the quoted name, so that carets still point right."""
    name = f"_{len(quoted)}_".ljust(len(match.group(0)), "_")
    quoted[name] = match.group(1)
    return name


def _size(node: ast.AST) -> int:
    """How many steps a node is over frames, where a guarded part stands twice."""
    parts = [_size(child) for child in ast.iter_child_nodes(node)]
    size = 1 + sum(parts)
    if isinstance(node, ast.Call | ast.IfExp) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)):
        return 2 * size
    return size + parts[-1] if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) else size


class _FaultError(Exception):
    """A node that may not stand where it stands."""

    def __init__(self, node: ast.AST, message: str) -> None:
        super().__init__(message)
        self.offset = getattr(node, "col_offset", 0)


def _refuse_lone_text(node: ast.expr) -> None:
    if _kind(node) == "text":
        raise _FaultError(node, "a text where a number is wanted")


def _kind(node: ast.expr) -> str:
    """Whether a node is a number, a condition or a text; raises _FaultError if it is none of them."""
    match node:
        case ast.Name():
            return "number"
        case ast.Constant(value=str()):
            return "text"
        case ast.Constant(value=bool() | None):
            raise _FaultError(node, repr(node.value))
        case ast.Constant(value=int() | float() as number) if abs(number) <= LARGEST:
            return "number"
        case ast.UnaryOp(op=ast.USub() | ast.Not() as op, operand=operand):
            return _all("number" if isinstance(op, ast.USub) else "condition", operand)
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, OPERATORS):
            return _all("number", left, right)
        case ast.BoolOp(values=parts):
            return _all("condition", *parts)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if isinstance(op, OPERATORS):
            return _compared(left, op, right)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if _takes(name, len(arguments)):
            return _all("number", *arguments)
        case ast.IfExp(test=test, body=body, orelse=otherwise):
            _all("condition", test)
            return _all("number", body, otherwise)
    raise _FaultError(node, _NAMED.get(type(node), type(node).__name__))


def _takes(function: str, arguments: int) -> bool:
    """Whether a call of so many arguments is one that formulas know."""
    return arguments == 1 if function == "abs" else arguments > 1 and function in ("min", "max", "coalesce")


def _all(kind: str, *nodes: ast.expr) -> str:
    for node in nodes:
        if (found := _kind(node)) != kind:
            raise _FaultError(node, f"a {found} where a {kind} is wanted")
    return kind


def _compared(left: ast.expr, op: ast.AST, right: ast.expr) -> str:
    """Numbers compare in every way; a name and a text only for being the same."""
    if isinstance(op, ast.Eq | ast.NotEq) and {_kind(left), _kind(right)} == {"number", "text"}:
        name = left if is_text(right) else right
        if isinstance(name, ast.Name):
            return "condition"
    _all("number", left, right)
    return "condition"


def _refusal(message: str, place: Place, offset: int, hint: str = "") -> ConfigError:
    """The error `offset` characters after where the text begins."""
    return ConfigError(Problem(message, place.moved(offset), hint))
