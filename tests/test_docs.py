"""The documentation is complete and true: what exists is described, and what is described exists."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps

from docs.tables import TABLE, renewed
from remit.cli import COMMANDS, main
from remit.kernel import resources as registry
from remit.kernel.access.roles import ROLES
from remit.kernel.figures.registry import catalogue
from remit.kernel.resources import Resource

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "remit"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text() for page in PAGES}
ALL = "\n".join(TEXTS.values())
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
MOST_LINES = 35

each_page = pytest.mark.parametrize("name", sorted(TEXTS))
each_command = pytest.mark.parametrize("command", sorted(COMMANDS))


def code(text: str) -> Iterator[str]:
    """The lines of code blocks, and what stands between backquotes."""
    fenced, prose = False, []
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip()
        else:
            prose.append(line)
    for piece in re.findall(r"`([^`]+)`", "\n".join(prose)):
        yield " ".join(piece.split())


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def parsers(command: str) -> dict[str, argparse.ArgumentParser]:
    """The parser of a command under "", and those of its actions under their names."""
    parser = argparse.ArgumentParser(add_help=False)
    import_module(f"remit.cli.{COMMANDS[command][0]}").add_arguments(parser)
    found = {"": parser}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= action.choices
    return found


def options(parser: argparse.ArgumentParser) -> set[str]:
    shown = (action for action in parser._actions if action.help != argparse.SUPPRESS)
    return {option for action in shown for option in action.option_strings if option.startswith("--")} - {"--help"}


def section(text: str, heading: str) -> str:
    return (text.partition(f"\n## {heading}\n")[2] + "\n## ").partition("\n## ")[0]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def sources(*folders: str) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".sql", ".html", ".css", ".js"}:
                yield path, path.read_text()


# What exists is described.


@each_command
def test_every_command_is_described_with_its_actions_and_options(command: str) -> None:
    told = section(TEXTS["docs/commands.md"], f"remit {command}")
    assert told, f"docs/commands.md has no section “remit {command}”"
    for name, parser in parsers(command).items():
        assert f"remit {command} {name}".strip() in told
        missing = {option for option in options(parser) if not re.search(rf"{option}\b", told)}
        assert not missing, f"docs/commands.md says nothing of {missing} of remit {command} {name}"


def test_every_environment_variable_is_described() -> None:
    found = {
        name
        for _, text in sources("src", "samples")
        for name in re.findall(r"""["'](REMIT_[A-Z_]+|DATABASE_[A-Z_]*URL)["']""", text)
    }
    assert {"REMIT_DATA", "DATABASE_URL"} <= found
    assert not {name for name in found if f"`{name}`" not in ALL}


def test_every_figure_and_role_is_described() -> None:
    assert not [f.name for f in catalogue() if f"`{f.name}`" not in TEXTS["docs/figures.md"]]
    assert not [role for role in ROLES if f"`{role}`" not in TEXTS["docs/roles.md"]]


@each_page
def test_its_tables_are_fresh(name: str) -> None:
    assert renewed(TEXTS[name]) == TEXTS[name], "run python docs/tables.py"


def test_the_tables_that_are_made_stand_somewhere() -> None:
    assert {found[2] for found in TABLE.finditer(ALL)} == {"roles", "verbs", "figures"}


def codes_of_refusals() -> set[str]:
    """Codes that the source gives to a refused file."""
    families = "archive|bad|csv|json|table|too|unknown|unsupported|upload|xlsx|xml"
    folders = [SOURCE / "ingest", SOURCE / "kernel/transfer", SOURCE / "identify/vulnerabilities"]
    texts = [path.read_text() for folder in folders for path in folder.rglob("*.py")]
    found = {code for text in texts for code in re.findall(rf'"((?:{families})-[a-z-]+)"', text)}
    found |= {code for text in texts for code in re.findall(r'ImportRejected\(\s*"([a-z-]+)"', text)}
    return found


def test_every_code_of_a_refused_import_is_described() -> None:
    assert not {code for code in codes_of_refusals() if f"`{code}`" not in ALL}


def test_the_codes_of_refused_imports_that_are_described_exist() -> None:
    formats, feeds = TEXTS["docs/formats.md"], TEXTS["docs/commands.md"]
    told = [section(formats, "Error codes"), section(feeds, "remit feeds"), TEXTS["docs/error-codes.md"]]
    firsts = [line.split("|")[1] for text in told for line in text.splitlines() if line.startswith("| `")]
    assert {code for first in firsts for code in re.findall(r"`([a-z-]+)`", first)} <= codes_of_refusals()


def test_every_make_target_is_described() -> None:
    assert not {target for target in make_targets() if f"make {target}" not in " ".join(code(ALL))}


def test_every_page_can_be_reached_from_the_index() -> None:
    seen: set[Path] = set()
    wanted = [ROOT / "docs/index.md", ROOT / "README.md"]
    while wanted:
        page = wanted.pop().resolve()
        if page not in seen and page.suffix == ".md" and page.exists():
            seen.add(page)
            wanted += [page.parent / target.partition("#")[0] for target in links(page.read_text())]
    assert not [page.name for page in PAGES if page.resolve() not in seen]


# What is described exists.


def test_the_first_page_shows_what_its_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = section(TEXTS["README.md"], "Risk in money, and what to spend on it")
    monkeypatch.chdir(tmp_path)
    for name, content in zip(("risks.json", "plan.json"), blocks(told, "json"), strict=True):
        Path(name).write_text(content)
    commands = re.findall(r"^`remit ([^`]+)`", told, re.MULTILINE)
    for command, shown in zip(commands, blocks(told, "text"), strict=True):
        assert main(command.split()) == 0
        assert capsys.readouterr().out.strip() == shown.strip()


@each_page
def test_the_commands_it_mentions_exist(name: str) -> None:
    for piece in code(TEXTS[name]):
        for said in re.findall(r"(?:^|[(|] ?|bin/)remit ([a-z][^|>)#]*)", piece):
            words = [re.sub(r"[^\w=-]", "", word) for word in said.split()]
            assert words[0] in COMMANDS, piece
            known = parsers(words[0])
            action = next((word for word in words[1:] if word in known), "")
            assert action or len(known) == 1 or len(words) == 1, f"{piece}: which of {', '.join(known)}?"
            used = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert used <= options(known[""]) | options(known[action]) | {"--help", "--traceback"}, piece


@each_page
def test_the_make_targets_it_mentions_exist(name: str) -> None:
    said = {target for piece in code(TEXTS[name]) for target in re.findall(r"^make ([a-z-]+)", piece)}
    assert said <= make_targets()


@each_page
def test_its_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in links(TEXTS[name]):
        path, _, anchor = target.partition("#")
        to = (page.parent / path).resolve() if path else page
        assert to.exists(), f"{target} is not there; a picture is drawn by make pictures"
        assert not anchor or anchor in anchors(to.read_text()), f"{target}: no such heading"


def links(text: str) -> list[str]:
    """Relative targets of links and pictures outside code blocks."""
    prose = re.sub(r"^```.*?^```|^    .*?$|`[^`]+`", "", text, flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"\]\(([^)\s]+)\)", prose)
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_modules_named_in_the_documents_exist() -> None:
    """A dotted name is a module, a package, or something that one of them has."""
    areas = "|".join(path.name for path in SOURCE.iterdir() if path.is_dir())
    for name in {name for piece in code(ALL) for name in re.findall(rf"^remit\.(?:{areas})(?:\.\w+)*", piece)}:
        path = SOURCE.parent / name.replace(".", "/")
        if not (path.is_dir() or path.with_suffix(".py").is_file()):
            assert hasattr(import_module(name.rpartition(".")[0]), path.name), name


def test_tests_named_in_the_documents_exist() -> None:
    for name in {name for piece in code(ALL) for name in re.findall(r"tests/[\w/]+(?:\.\w+)?", piece)}:
        assert (ROOT / name).exists(), name


def test_decisions_are_numbered_and_of_one_form() -> None:
    assert [path.name[:4] for path in DECISIONS] == [f"{n:04}" for n in range(1, len(DECISIONS) + 1)]
    for path in DECISIONS:
        text = path.read_text()
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Context", "Choice", "Why", "Consequences", "Measured"], path.name
        assert f"({path.name})" in TEXTS["docs/decisions/index.md"]


@pytest.mark.parametrize("folder", ["src", "tests", "samples", "bench", "docs", "requirements", ".ci"])
def test_nothing_names_a_place_of_one_machine(folder: str) -> None:
    machine = re.compile("/work" + r"/(?:main|shared|\.library)\b|/tmp" + "/boot|/root" + "/" + r"|(?<!\w)/home/[a-z]")
    texts = {path.as_posix(): text for path, text in sources(folder)}
    texts |= {f"{folder}/{path.name}": path.read_text() for path in (ROOT / folder).glob("*.md")}
    texts |= {name: text for name, text in TEXTS.items() if "/" not in name}
    assert not [name for name, text in texts.items() if machine.search(text)]


# What a record type costs.


def lines(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1  # type: ignore[attr-defined,no-any-return]


def cost(model_code: str, resource_code: str, name: str) -> int:
    """Lines of the class called `name` and of its Resource."""
    kept = [n for n in ast.parse(model_code).body if isinstance(n, ast.ClassDef) and n.name == name]
    registered = [
        n
        for n in ast.walk(ast.parse(resource_code))
        if isinstance(n, ast.Call) and ast.unparse(n.func) == "Resource" and ast.unparse(n.args[0]) == name
    ]
    assert (len(kept), len(registered)) == (1, 1)
    return lines(kept[0]) + lines(registered[0])


@pytest.mark.parametrize(
    ("area", "name"), [("assets", "Dependency"), ("vulnerabilities", "Acceptance"), ("vulnerabilities", "Remediation")]
)
def test_a_record_type_costs_few_lines(area: str, name: str) -> None:
    folder = SOURCE / "identify" / area
    assert cost((folder / "models.py").read_text(), (folder / "resources.py").read_text(), name) <= MOST_LINES


@isolate_apps("remit.identify.assets")
def test_the_example_in_contributing_is_a_record_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both blocks together are all that a type costs, they run, and the registry would take them."""
    made, registered = blocks(section(TEXTS["CONTRIBUTING.md"], "Add a record type"), "python")[:2]
    area = import_module("remit.identify.assets.models")
    taken: list[Resource] = []
    monkeypatch.setattr(registry, "register", lambda *these: taken.extend(these))
    exec(made, space := {**vars(area)})
    name = next(key for key, value in space.items() if key not in vars(area) and isinstance(value, type))
    monkeypatch.setattr(area, name, space[name], raising=False)
    exec(registered, {})
    assert cost(made, registered, name) <= MOST_LINES
    model: Any = space[name]
    assert issubclass(model, models.Model)
    assert [resource.model for resource in taken] == [model]
    for said in (*taken[0].columns, *taken[0].fields, *taken[0].filters, *taken[0].search, *taken[0].key):
        assert hasattr(model, said), said
    for said in (*taken[0].fields, *taken[0].filters, *taken[0].search):
        assert taken[0].field(said) is not None, said


def test_shell_lines_in_the_documents_can_be_read_by_a_shell() -> None:
    for piece in code(ALL):
        if piece.startswith(("remit ", "make ", "python ")):
            shlex.split(piece, comments=True)
