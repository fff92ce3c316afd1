"""R2.3: no `Any` without a reason on its line."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from readiness_gate.finding import Finding, not_ready, ready, unknown
from readiness_gate.inspection import Inspection

SOURCES_PATTERNS = ("src/**/*.py", "tests/**/*.py", "tools/**/*.py")

_JUSTIFIED = re.compile(r"# allow-any: *\S")
_TYPE_COMMENT = re.compile(r"# *type:.*\bAny\b")


def every_any_is_justified(inspection: Inspection) -> Finding:
    """R2.3."""
    paths = [path for pattern in SOURCES_PATTERNS for path in inspection.paths(pattern)]
    if not paths:
        return unknown("there are no sources to read")
    faults: list[str] = []
    for path in paths:
        try:
            faults += [f"{path}:{line}" for line in unjustified_lines(inspection.text(path))]
        except (SyntaxError, tokenize.TokenError) as error:
            return not_ready(f"{path} does not parse: {error}")
    if faults:
        return not_ready(f"lines that say Any and not why: {len(faults)}", details=faults)
    return ready(files=inspection.evidence(*paths))


def unjustified_lines(source: str) -> list[int]:
    """Return the lines that use `Any`, under whatever name, and do not say why.

    Raises SyntaxError or tokenize.TokenError for what is not Python.
    """
    tree = ast.parse(source)
    comments = _comments(source)
    lines = {line for line, text in comments.items() if _TYPE_COMMENT.search(text)}
    lines |= set(_lines_with_any(tree, names=_names_of_any(tree)))
    return sorted(line for line in lines if not _JUSTIFIED.search(comments.get(line, "")))


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}


def _names_of_any(tree: ast.AST) -> frozenset[str]:
    imported = (
        alias
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == "Any"
    )
    return frozenset({"Any"} | {alias.asname or alias.name for alias in imported})


def _lines_with_any(tree: ast.AST, *, names: frozenset[str]) -> Iterator[int]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in names:
                yield node.lineno
            case ast.Attribute(attr="Any", end_lineno=int(line)):
                yield line
            case _:
                yield from _lines_with_written_any(node, names=names)


def _lines_with_written_any(node: ast.AST, *, names: frozenset[str]) -> Iterator[int]:
    # A type may be written as a string: `cast("Any", x)`, `value: "list[Any]"`.
    for place in _places_of_types(node):
        for part in ast.walk(place):
            match part:
                case ast.Constant(value=str(text)) if _is_type_with_any(text, names=names):
                    yield part.lineno
                case _:
                    pass


def _places_of_types(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.arg(annotation=ast.expr() as annotation):
            yield annotation
        case ast.AnnAssign(annotation=annotation):
            yield annotation
        case ast.FunctionDef(returns=ast.expr() as annotation):
            yield annotation
        case ast.AsyncFunctionDef(returns=ast.expr() as annotation):
            yield annotation
        case ast.Call(func=ast.Name(id="cast") | ast.Attribute(attr="cast"), args=[first, *_]):
            yield first
        case ast.Subscript(slice=inside):
            yield inside
        case _:
            pass


def _is_type_with_any(text: str, *, names: frozenset[str]) -> bool:
    if not any(name in text for name in names):
        return False
    try:
        written = ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        return False
    return any(
        (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.Attribute) and node.attr == "Any")
        for node in ast.walk(written)
    )
