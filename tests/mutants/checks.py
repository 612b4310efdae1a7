"""Finds the checks of the verifier in its sources, and makes each one something that can be deleted at run time.

::verifier::Kept(NUMBER) says that it was not. It is asked where the check would refuse, so whoever is asked knows that
it matters.

A check is a condition that leads to a refusal, or lets pass what would be refused otherwise; each alternative of it
(`a || b` in front of a refusal, `a && b` in front of the opposite) is one check. So is each part of what an Is...
function returns, each bound of an integer field, and each call of a check in a TRY of its own.
"""

import re

# What refuses, as the first words of the statement.
REFUSAL = re.compile(
    r"return (Error\b|\w*[Dd]amaged\b|Wrong\w*\(|wrong\(|Unknown\(|Unexpected\(|BadKeyring\(|Fail\(|Refused\(|NoWayBack\("
    r"|std::nullopt|false;"
    r'|StrCat\("(belongs|has) |"|std::optional\(StrCat|transaction\.(Refuse|Fail)|Standing::kForeign)'
    r"|(\w+\.)?Fault\(|Find\(findings|find\(|(overlaps|faults)\.push_back|unknown \+=|missing \+=|fault = "
)
# What lets pass.
PASS = re.compile(r"return (\{\};|Pass\(|std::nullopt;|true;|std::optional<TreeEntry>\(\);)|continue;")
# Named parts of a condition, each of which is one that must hold.
PARTS = {"named", "nameless", "epoch", "revision", "http"}
# Calls that do the work which others check, and words for single characters.
WORK = re.compile(
    r"TRY\((files_|tree_|sink|pipeline|table_file_|stored\.|input_?\.Read\(|input\.ReadContent|Read\(|jump|Fill|Discard"
    r"|CreateAccounts|OpenTable|Advance|MakeEntry|FinishFile|SetDirectoryAttributes|parts_|versions_|workshop_\.Discard"
    r"|programs_|CopyFolder|tree->|live->|MakeWorkFolder|ReserveOf)"
)
# What makes a bundle stands in the same files as what reads one.
WRITERS = r"\bResult<\w+> (Write|Sign)\w+\([^{;]*\) \{"
WORDS = r"\bbool Is(?!Within|OwnMemory|Digit|Letter|NameCharacter|AllZero)\w+\([^)]*\) (const )?\{"


def skip(text, place):
    """Past the comment, string or character that begins at this place, or None."""
    if text.startswith("//", place):
        return text.find("\n", place)
    if text[place] == '"' or (text[place] == "'" and not text[place - 1].isalnum()):
        quote = text[place]
        place += 1
        while text[place] != quote:
            place += 2 if text[place] == "\\" else 1
        return place + 1
    return None


def closing(text, place):
    """The place of the bracket that closes the one at this place."""
    depth = 0
    while True:
        beyond = skip(text, place)
        if beyond is not None:
            place = beyond
            continue
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if depth == 0:
            return place
        place += 1


def split(text, operator):
    """The operands of an operator outside of all brackets; one where a ?: binds less than it."""
    parts, begin, place = [], 0, 0
    while place < len(text):
        beyond = skip(text, place)
        if beyond is not None:
            place = beyond
        elif text[place] in "([{":
            place = closing(text, place) + 1
        elif text[place] == "?" and operator != ";":
            return [text]
        elif text.startswith(operator, place):
            parts.append(text[begin:place])
            place += len(operator)
            begin = place
        else:
            place += 1
    return parts + [text[begin:]]


def bracketed(text, opening="("):
    """What stands in the brackets that the whole text is, or None."""
    text = text.strip()
    if not text.startswith(opening) or closing(text, len(opening) - 1) != len(text) - 1:
        return None
    return text[len(opening):-1]


class Rewriter:
    """The checks of one file, numbered on from `first`."""

    def __init__(self, path, first):
        self.path, self.next, self.checks = path, first, []

    def number(self, text):
        text = " ".join(text.split())
        name = f"{self.path}: {text}"
        before = sum(check == name or check.startswith(name + " #") for check in self.checks)
        self.checks.append(name if before == 0 else f"{name} #{before + 1}")
        self.next += 1
        return self.next - 1

    def refusing(self, condition):
        """A condition that refuses where it holds."""
        parts = split(condition, "||")
        if len(parts) > 1:
            return " || ".join(self.refusing(part) for part in parts)
        inner = bracketed(condition, "!(")
        if inner is not None and len(split(inner, "&&")) > 1:
            return f" !({self.passing(inner)}) "
        parts = split(condition, "&&")
        if len(parts) == 1 and bracketed(condition) is not None:
            return f"({self.refusing(bracketed(condition))})"
        number = self.number(condition)
        whole = []
        for part in parts:
            group = bracketed(part) if len(parts) > 1 else None
            alternatives = group is not None and len(split(group, "||")) > 1
            inverse = bracketed(part, "!(") if len(parts) > 1 else None
            if alternatives:
                part = f" ({self.refusing(group)})"
            elif inverse is not None and len(split(inverse, "&&")) > 1:
                part = f" !({self.passing(inverse)})"
            whole.append(part)
        return f"(({'&&'.join(whole)}) && ::verifier::Kept({number}))"

    def passing(self, condition):
        """A condition that something must fulfil."""
        parts = split(condition, "&&")
        if len(parts) > 1:
            return " && ".join(self.passing(part) for part in parts)
        return f"(({condition}) || !::verifier::Kept({self.number(condition)}))"

    def condition(self, text, rewrite):
        """What stands in the brackets of an if, its declarations kept."""
        *declarations, last = split(text, ";")
        declared = re.match(r"\s*auto (\w+) =", last)
        if declared:
            declarations.append(last)
            last = f" {declared[1]}.has_value()"
        return ";".join(declarations + [rewrite(last)])


def statement_end(text, place):
    """Behind the statement or block that begins at this place."""
    if text[place] == "{":
        return closing(text, place) + 1
    while text[place] != ";":
        beyond = skip(text, place)
        if beyond is not None:
            place = beyond
        elif text[place] in "([{":
            place = closing(text, place) + 1
        else:
            place += 1
    return place + 1


def first_statement(text, place):
    """What a statement, or a block of them, begins with."""
    rest = text[place:].lstrip()
    if rest.startswith("{"):
        rest = rest[1:].lstrip()
    while rest.startswith("//"):
        rest = rest.split("\n", 1)[1].lstrip()
    return rest


def behind(text, place):
    """What follows a statement, without the end of the block around it."""
    rest = text[place:].lstrip()
    while rest.startswith(("//", "}")):
        rest = rest.split("\n", 1)[1].lstrip() if rest.startswith("//") else rest[1:].lstrip()
    # A local word for the refusal may stand in between.
    rest = re.sub(r"^const \w+& \w+ = [^;]*;\s*", "", rest)
    return rest


STARTS = {
    "if": r"\bif \(",
    "try": r"(?<=[;{}\)])\s+TRY\((?=[^;]*\);)",
    "integer": r"fields\.Integer\(",
    "part": r"\bbool (\w+) =\s",
    "word": WORDS,
}


def edits(text, path, first, extras):
    """(begin, end, replacement) of every check of the text, and their names."""
    rewriter, found = Rewriter(path, first), []
    places = [(match.start(), kind) for kind, start in STARTS.items() for match in re.finditer(start, text)]
    writers = [(match.start(), closing(text, match.end() - 1)) for match in re.finditer(WRITERS, text)]
    for place, kind in sorted(places):
        if any(begin < place < end for begin, end in writers):
            continue
        if kind == "if":
            begin = text.index("(", place)
            end = closing(text, begin)
            block = end + 1 + (len(text[end + 1:]) - len(text[end + 1:].lstrip()))
            controlled = first_statement(text, block)
            condition = text[begin + 1:end]
            follows = behind(text, statement_end(text, block))
            if REFUSAL.match(controlled) and not (controlled.startswith("return std::nullopt")
                                                  and REFUSAL.match(follows)):
                found.append((begin + 1, end, rewriter.condition(condition, rewriter.refusing)))
            elif PASS.match(controlled) and REFUSAL.match(follows):
                found.append((begin + 1, end, rewriter.condition(condition, rewriter.passing)))
        elif kind == "try":
            begin = text.index("TRY(", place)
            end = closing(text, begin + 3)
            if text[end + 1] == ";" and not WORK.match(text, begin):
                number = rewriter.number(text[begin:end + 1])
                found.append((begin, end + 2, f"VERIFIER_TRY({number}, {text[begin + 4:end]})"))
        elif kind == "integer":
            begin = text.index("(", place)
            end = closing(text, begin)
            key, low, high, *fallback = split(text[begin + 1:end], ",")
            low = f" ::verifier::Low({rewriter.number(f'{key} at least {low}')}, {low})"
            high = f" ::verifier::High({rewriter.number(f'{key} at most {high}')}, {high})"
            found.append((begin + 1, end, ",".join([key, low, high, *fallback])))
        elif kind == "part":
            name = re.match(r"bool (\w+)", text[place:])[1]
            if name in PARTS:
                begin = text.index("=", place) + 1
                end = statement_end(text, begin) - 1
                found.append((begin, end, " " + rewriter.passing(text[begin:end])))
        else:
            begin = text.index("{", place)
            end = closing(text, begin)
            at = begin + 1
            while at < end:  # The statements of the function itself, not those of its lambdas.
                at += len(text[at:]) - len(text[at:].lstrip())
                if text.startswith("return ", at):
                    stop = statement_end(text, at) - 1
                    if text[at + 7:stop] not in ("true", "false"):
                        found.append((at + 7, stop, rewriter.passing(text[at + 7:stop])))
                if at >= end or text[at] == "}":
                    break
                at = text.find("\n", at) if text.startswith("//", at) else statement_end(text, at)
    for old, new in extras:
        at = text.find(old)
        if at < 0 or text.find(old, at + 1) >= 0:
            raise SystemExit(f"{path}: not there once: {old}")
        found.append((at, at + len(old), new.replace("KEPT", f"::verifier::Kept({rewriter.number(old)})")))
    return sorted(found), rewriter.checks


def rewrite(text, path, first, extras=()):
    """The text with its checks deletable, numbered on from `first`, and their names."""
    found, names = edits(text, path, first, extras)
    result, last = [], 0
    for begin, end, replacement in found:
        if begin < last:
            raise SystemExit(f"{path}: one check within another: {text[begin:end]}")
        result += [text[last:begin], replacement]
        last = end
    return "".join(result + [text[last:]]), names
