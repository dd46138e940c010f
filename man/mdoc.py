"""Text as mdoc(7), the language of the manual pages."""

import re
import textwrap

# Macros of mdoc(7) that are looked for within the arguments of others.
CALLABLE = set(
    "Ac Ad An Ao Ap Aq Ar At Bc Bo Bq Brc Bro Brq Bsx Bx Cd Cm Dc Do Dq Dv Dx Ec Em En Eo Er Es Ev "
    "Fa Fc Fl Fn Fo Ft Fx Ic In Lb Li Lk Ms Mt Nm No Ns Nx Oc Oo Op Ot Ox Pa Pc Pf Po Pq Qc Ql Qo Qq "
    "Sc Sm So Sq St Sx Sy Ta Tn Ux Va Vt Xc Xo Xr".split()
)


def escape(text, hyphens=r"(?<![A-Za-z])-|-(?![A-Za-z])"):
    """Text with everything that roff reads otherwise made literal.

    A hyphen may become a typographic one, but not where it is one of `hyphens`; by default those that
    do not join two letters.
    """
    text = text.replace("\\", "\\e")
    text = re.sub(hyphens, r"\\-", text)
    return re.sub(r"[^\x00-\x7f]", lambda match: f"\\[u{ord(match[0]):04X}]", text)


def code(text):
    """Text to be typed as it stands."""
    return escape(text, hyphens="-")


def argument(text):
    """Code as one argument of a macro."""
    if text in CALLABLE or re.fullmatch(r"[][().,:;?!|]", text):
        return "\\&" + text
    text = code(text).replace('"', "\\(dq")
    return f'"{text}"' if " " in text else text


def flag(name, is_long=None):
    """An option; a single letter is a short one unless it is said to be long, as --p is."""
    is_long = len(name) > 1 if is_long is None else is_long
    return f"Fl {code('-' * is_long + name)}"


def words(text, width=78):
    """Plain text as lines; none of them is taken for a macro."""
    lines = textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)
    return ["\\&" + line if line[0] in ".'" else line for line in map(escape, lines)]


def prose(text, values):
    """Text as lines, a sentence a line, options in it and their values marked.

    `values` maps each option's long name to its allowed values.
    """
    lines = []
    for sentence in re.split(r"(?<=[a-z0-9)\]/][.?])\s+(?=[A-Z])", " ".join(text.split())):
        plain, rest = [], sentence.split()
        while rest:
            word = rest.pop(0)
            match = re.fullmatch(r"([(\[]?)--([a-z][a-z0-9-]*)([.,;:)\]]*)", word)
            if not match or match[2] not in values:
                plain.append(word)
                continue
            before, name, after = match.groups()
            macro = flag(name).replace(" ", f" {before} " if before else " ")
            value, end = re.fullmatch(r"(.*?)([.,;:)\]]*)", rest[0] if rest else "").groups()
            if not after and value in values[name]:
                macro, after = f"{macro} Cm {argument(value)}", end
                rest.pop(0)
            lines += [*words(" ".join(plain)), "." + " ".join([macro, *after])]
            plain = []
        lines += words(" ".join(plain))
    return lines


def choice(names, end):
    """Lines that say `one of a, b or c`, with `end` behind."""
    lines = [f".Cm {argument(name)} ," for name in names[:-2]]
    lines += [f".Cm {argument(names[-2])}", "or"] if len(names) > 1 else []
    opening = {1: "Only", 2: "Either"}.get(len(names), "One of")
    return [opening, *lines, f".Cm {argument(names[-1])} {end}"]
