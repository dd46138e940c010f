#!/usr/bin/env python3
"""Write the manual pages from the program's own help and the texts in sections/.

    man/generate.py [BINARY]            write man/*.1
    man/generate.py --check [BINARY]    say whether they are as they would be written

What the program says about itself (commands, options, values, defaults) comes from its
--experimental-dump-help. sections/PAGE.mdoc holds the rest of a page: text up to its first .Sh ends
the DESCRIPTION, then come whole sections. sections/environment.mdoc, sections/files.mdoc and
sections/exit-status.mdoc hold what all pages say under ENVIRONMENT, FILES and EXIT STATUS, behind what
the page says there itself.

mdoc.py has the pages' language. --check exits with 1 where a page differs; anything else that is
wrong exits with 2.
"""

import argparse
import difflib
import json
import re
import subprocess
import sys
from pathlib import Path

from mdoc import argument, choice, escape, flag, prose

DATE = "November 23, 2026"
MANUAL = Path(__file__).resolve().parent
SECTIONS = MANUAL / "sections"
SHARED = {
    "ENVIRONMENT": "environment.mdoc", "FILES": "files.mdoc", "EXIT STATUS": "exit-status.mdoc",
}
ORDER = [
    "NAME", "SYNOPSIS", "DESCRIPTION", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES",
    "DIAGNOSTICS", "SEE ALSO", "STANDARDS", "CAVEATS", "BUGS",
]
# Headings in a command's discussion that the page has sections of its own for.
OWN_HEADINGS = {"ENVIRONMENT", "EXAMPLES", "EXIT STATUS"}


class Trouble(Exception):
    """The pages cannot be made; the text says why."""


# What the program says.

def read_help(binary):
    try:
        result = subprocess.run(
            [binary, "--experimental-dump-help"], stdin=subprocess.DEVNULL, capture_output=True,
            check=True)
        return json.loads(result.stdout)["command"]
    except OSError as error:
        raise Trouble(f"cannot run {binary}: {error.strerror}; build it first") from error
    except (subprocess.CalledProcessError, ValueError, KeyError) as error:
        raise Trouble(f"{binary} --experimental-dump-help gave no help: {error}") from error


def shown(items):
    return [item for item in items or [] if item.get("shouldDisplay", True)]


def subcommands(command):
    return [c for c in shown(command.get("subcommands")) if c["commandName"] != "help"]


def summary(command):
    """The abstract as a phrase."""
    text = command["abstract"].rstrip(".")
    return text if text[1:2].isupper() else text[0].lower() + text[1:]


def long_flag(option):
    name = max(option["names"], key=lambda name: len(name["name"]))
    return flag(name["name"], name["kind"] == "long")


def head(option):
    """An option with its value, or a positional argument, as macros."""
    value = f"Ar {argument(option['valueName'])}"
    if option["kind"] == "positional":
        return value + (" ..." if option["isRepeating"] else "")
    names = " , ".join(flag(name["name"], name["kind"] == "long") for name in option["names"])
    return names if option["kind"] == "flag" else f"{names} {value}"


def option_text(option, values):
    lines = prose(" ".join(filter(None, [option.get("abstract"), option.get("discussion")])), values)
    allowed, default = option.get("allValues"), option.get("defaultValue")
    if allowed:
        lines += choice(allowed, ";" if default else ".")
    if default:
        lines += ["the default is" if allowed else "The default is", f".Cm {argument(default)} ."]
    return lines


def option_lists(command, values):
    groups = {}
    for option in shown(command.get("arguments")):
        untitled = "Arguments" if option["kind"] == "positional" else "General options"
        groups.setdefault(option.get("sectionTitle") or untitled, []).append(option)
    lines = []
    for title, options in groups.items():
        lines += [f".Ss {escape(title)}", ".Bl -tag -width Ds"]
        for option in options:
            lines += [f".It {head(option)}", *option_text(option, values)]
        lines.append(".El")
    return lines


def command_list(command):
    lines = [".Ss Commands", "Each has a manual page of its own.", ".Bl -tag -width Ds"]
    for child in subcommands(command):
        lines += [f".It {reference(page_name(child))}", *prose(child["abstract"], {})]
    return lines + [".El"]


def discussion(command, values):
    """The command's own words, without the parts the page has sections for."""
    lines, is_own = [], False
    for paragraph in re.split(r"\n\s*\n", command.get("discussion", "")):
        first, _, rest = paragraph.partition("\n")
        if re.fullmatch(r"[A-Z][A-Z ]+", first):
            is_own = first in OWN_HEADINGS
            if not is_own:
                lines += [f".Ss {first.capitalize()}", *prose(rest, values)]
        elif not is_own and paragraph.strip():
            lines += [".Pp", *prose(paragraph, values)]
    return lines


# The pages.

def page_name(command, root="lossctl"):
    name = command["commandName"]
    return name if name == root else f"{root}-{name}"


def reference(page):
    return f"Xr {page} 1"


def synopsis(command, root):
    options = shown(command.get("arguments"))
    needed = [option for option in options if not option["isOptional"]]
    name = f".Nm {root['commandName']}"
    if command is root:
        return [name, ".Ar command", ".Op Ar options", name, "." + " | ".join(map(long_flag, options))]
    lines = [f"{name} Cm {argument(command['commandName'])}", *(f".{head(o)}" for o in needed)]
    return lines + [".Op Ar options"] * (len(needed) < len(options))


def description(command, root):
    values = {
        name["name"]: option.get("allValues") or []
        for option in shown(command.get("arguments")) for name in option.get("names") or []
    }
    lines = prose(command["abstract"], values)
    for alias in command.get("aliases") or []:
        lines += [f".Nm {root['commandName']} Cm {argument(alias)}", "is the same command."]
    lines += discussion(command, values)
    if command is root:
        lines += command_list(command)
    return lines + option_lists(command, values)


def read_section(name):
    path = SECTIONS / name
    try:
        return path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        raise Trouble(f"man/sections/{name} is missing; write it") from None
    except UnicodeDecodeError as error:
        raise Trouble(f"man/sections/{name}: {error}; write \\[uXXXX] for other characters") from None


def hand_written(page):
    """The sections written by hand, by title; what stands before the first is of the DESCRIPTION."""
    sections = {"DESCRIPTION": []}
    title = "DESCRIPTION"
    for line in read_section(f"{page}.mdoc"):
        if line.startswith(".Sh "):
            title = line[4:]
            if title not in ORDER:
                raise Trouble(f"man/sections/{page}.mdoc: {title} is none of {', '.join(ORDER)}")
            sections[title] = []
        else:
            sections[title].append(line)
    for title, name in SHARED.items():
        own = sections.get(title, [])
        sections[title] = own + [".Pp"] * bool(own) + read_section(name)
    return sections


def make_page(command, root):
    page = page_name(command)
    sections = hand_written(page)
    sections["NAME"] = [f".Nm {page}", f".Nd {escape(summary(command))}"]
    sections["SYNOPSIS"] = synopsis(command, root)
    sections["DESCRIPTION"] = description(command, root) + sections["DESCRIPTION"]
    if "SEE ALSO" not in sections:
        others = sorted(page_name(c) for c in [root, *subcommands(root)] if c is not command)
        sections["SEE ALSO"] = [f".{reference(other)} ," for other in others]
        sections["SEE ALSO"][-1] = sections["SEE ALSO"][-1].removesuffix(" ,")
    lines = [f".Dd {DATE}", f".Dt {page.upper()} 1", ".Os"]
    for title in ORDER:
        if title in sections:
            lines += [f".Sh {title}", *sections[title]]
    return "\n".join(lines) + "\n"


def make_pages(binary):
    root = read_help(binary)
    commands = [root, *subcommands(root)]
    known = {f"{page_name(command)}.mdoc" for command in commands} | set(SHARED.values())
    for path in sorted(SECTIONS.iterdir()):
        if path.name not in known:
            raise Trouble(f"man/sections/{path.name} belongs to no page; remove it")
    return {f"{page_name(command)}.1": make_page(command, root) for command in commands}


def write(pages):
    for path in stale(pages):
        path.unlink()
    for name, text in pages.items():
        (MANUAL / name).write_text(text, encoding="ascii")


def stale(pages):
    return [path for path in sorted(MANUAL.glob("*.1")) if path.name not in pages]


def check(pages):
    """What is wrong with the pages that are there, in words."""
    complaints = [f"man/{path.name}: there is no such command" for path in stale(pages)]
    for name, text in pages.items():
        path = MANUAL / name
        found = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
        if found is None:
            complaints.append(f"man/{name}: missing")
        elif found != text:
            difference = list(difflib.unified_diff(
                found.splitlines(), text.splitlines(), f"man/{name}", "as it should be",
                lineterm="", n=1))
            if len(difference) > 20:
                difference[20:] = ["..."]
            complaints.append("\n".join([f"man/{name}: not as it would be written", *difference]))
    return complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("binary", nargs="?", default=str(MANUAL.parent / ".build/debug/lossctl"))
    arguments = parser.parse_args()
    try:
        pages = make_pages(arguments.binary)
    except Trouble as error:
        print(f"man/generate.py: {error}", file=sys.stderr)
        return 2
    if not arguments.check:
        write(pages)
        return 0
    complaints = check(pages)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if complaints:
        print("Run `make man` and commit the pages.", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
