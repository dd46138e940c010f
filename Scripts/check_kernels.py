#!/usr/bin/env python3
"""Looks at the compiled kernels: python3 Scripts/check_kernels.py BUILD-DIRECTORY

1. Code of a module for one instruction set carries that set's name in its symbol, so that the linker can
   never take it for code of another set, which the machine at hand may not be able to run.
2. No innermost loop over vectors calls anything: no function, no retain or release, no allocation.

Exit status 0 where both hold, 1 where one does not, 2 where there is nothing to look at.
"""

import pathlib
import re
import subprocess
import sys

# How many loops over vectors each module has at least; fewer would mean that this script misses them.
FEWEST_LOOPS = 100

# Instructions on registers of 32 or 64 bytes: those that only the kernels' own arithmetic uses.
VECTOR = re.compile(r"%[yz]mm")
LINE = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$")
TARGET = re.compile(r"([0-9a-f]+)\b")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def shared_symbols(module, instruction_set):
    """Defined code symbols, seen by the linker, without the instruction set's name."""
    lines = run("nm", "--defined-only", str(module)).splitlines()
    symbols = [line.split()[1:3] for line in lines]
    return [name for kind, name in symbols if kind in "TWu" and instruction_set not in name]


def functions(module):
    """Each function's name and its instructions as (address, mnemonic, operands). The operand of a call is
    the name it is linked to."""
    text = run("objdump", "--disassemble", "--reloc", "--no-show-raw-insn", str(module))
    for block in re.split(r"\n\n", text):
        heading = re.search(r"^[0-9a-f]+ <(.*)>:$", block, re.MULTILINE)
        if not heading:
            continue
        code = []
        for line in block.splitlines():
            found = LINE.match(line)
            if not found:
                continue
            if not found[2].startswith("R_X86"):
                code.append((int(found[1], 16), found[2], found[3]))
            elif code and code[-1][1] == "call":
                code[-1] = (code[-1][0], "call", found[3])
        yield heading[1], code


def innermost_loops(code):
    """The instructions from the target of each backward jump to the jump, where they hold no other such
    stretch and are not left for good: code laid out behind a function's end jumps backward too."""
    jumps = []
    for position, (address, mnemonic, operands) in enumerate(code):
        target = TARGET.match(operands) if mnemonic.startswith("j") else None
        if target and int(target[1], 16) <= address:
            jumps.append((int(target[1], 16), address))
    for start, end in sorted(set(jumps)):
        if any(start <= s and e <= end and (s, e) != (start, end) for s, e in jumps):
            continue
        body = [line for line in code if start <= line[0] <= end]
        if not any(leaves(line, start, end) for line in body):
            yield start, body


def leaves(line, start, end):
    _, mnemonic, operands = line
    if mnemonic != "jmp":
        return mnemonic == "ret"
    target = TARGET.match(operands)
    return not target or not start <= int(target[1], 16) <= end


def calls_in_loops(module):
    """The number of innermost loops over vectors, and those of them that call."""
    count, calling = 0, []
    for name, code in functions(module):
        for start, body in innermost_loops(code):
            if not any(VECTOR.search(operands) for _, _, operands in body):
                continue
            count += 1
            calls = [operands for _, mnemonic, operands in body if mnemonic == "call"]
            if calls:
                calling.append(f"{name} at {start:x} calls {', '.join(calls)}")
    return count, calling


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    complaints = []
    for instruction_set in ("AVX2", "AVX512"):
        folder = pathlib.Path(sys.argv[1]) / f"LossKernels{instruction_set}.build"
        modules = [file for file in folder.glob("*.swift.o")]
        if not modules:
            print(f"check_kernels.py: there are no objects in {folder}", file=sys.stderr)
            sys.exit(2)
        for module in modules:
            for name in shared_symbols(module, instruction_set):
                complaints.append(f"{module.name} of {instruction_set}: {name} is of no instruction set")
            count, calling = calls_in_loops(module)
            complaints += [f"{module.name} of {instruction_set}: {line}" for line in calling]
            if count < FEWEST_LOOPS:
                complaints.append(
                    f"{module.name} of {instruction_set}: {count} loops over vectors found, "
                    f"expected at least {FEWEST_LOOPS}")
            print(f"{instruction_set}: {count} loops over vectors, {len(calling)} with calls")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
