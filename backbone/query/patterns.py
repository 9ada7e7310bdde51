"""Regular expressions that take time linear in the text, in the way PostgreSQL reads them. Pure.

A subset of what every engine knows: characters, `.`, classes `[a-z]`, `\\d \\w \\s` and their opposites, groups, `|`, `^`, `$`, `*`, `+`, `?` and
`{m,n}`. Nothing that makes an engine go back and try again: no references, no looking around. They are matched anywhere in a text without
regard to case and accents, which are taken from the pattern's own letters here; beyond ASCII every character is one of `\\w`.
"""

import re
from typing import Final

from backbone.errors import BadRequest
from backbone.query.words import fold

PATTERN_CHARACTERS_MAX: Final = 200
REPEATS_MAX: Final = 100
STATES_MAX: Final = 1_000  # characters of the pattern with every repetition written out
DEPTH_MAX: Final = 20
_CLASSES: Final = {
    "d": "0-9",
    "w": "0-9a-z_\\u0080-\\U0010ffff",
    "s": " \\t\\n\\r\\f\\v\\u0085\\u00a0\\u2000-\\u200a\\u2028\\u2029\\u202f\\u3000",
}
_CONTROLS: Final = {"t": "\\t", "n": "\\n", "r": "\\r", "f": "\\f", "v": "\\v"}
_QUANTIFIER: Final = re.compile(r"[*+?]|\{([0-9]{1,3})(?:(,)([0-9]{0,3}))?\}")


def read_pattern(text: str) -> str:
    """As PostgreSQL's operator `~` takes it, of folded texts. Raises `BadRequest` that points at the character."""
    if len(text) > PATTERN_CHARACTERS_MAX:
        raise BadRequest("bad-pattern", f"A regular expression has at most {PATTERN_CHARACTERS_MAX} characters; this has {len(text)}.")
    reader = _Reader(text)
    pattern, states = reader.alternatives(0)
    if reader.position < len(text):
        raise reader.error("this parenthesis was never opened")
    if states > STATES_MAX:
        raise BadRequest(
            "bad-pattern", f"The regular expression repeats too much: {states} characters written out, of at most {STATES_MAX}."
        )
    return f"***:(?:{pattern})"


class _Reader:
    """Gives each part with its states: how many characters it is, repetitions written out."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.position = 0

    def alternatives(self, depth: int) -> tuple[str, int]:
        if depth > DEPTH_MAX:
            raise self.error(f"groups stand at most {DEPTH_MAX} deep")
        branches = [self._branch(depth)]
        while self._take("|"):
            branches.append(self._branch(depth))
        return "|".join(branch for branch, _ in branches), sum(states for _, states in branches)

    def _branch(self, depth: int) -> tuple[str, int]:
        parts: list[str] = []
        states = 1
        while self.position < len(self._text) and self._text[self.position] not in "|)":
            part, its_states = self._part(depth)
            parts.append(part)
            states += its_states
        return "".join(parts) or "(?:)", states

    def _part(self, depth: int) -> tuple[str, int]:
        character = self._text[self.position]
        if character in "^$":
            self.position += 1
            return character, 1
        atom, states = self._atom(character, depth)
        match = _QUANTIFIER.match(self._text, self.position)
        if match is None:
            return atom, states
        self.position = match.end()
        if self.position < len(self._text) and self._text[self.position] in "*+?{":
            raise self.error("a repetition cannot be repeated; put it in parentheses")
        least, comma, most = match.groups()
        if least is None:
            return atom + match.group(), states * 2
        times = [int(least), *([int(most)] if most else [])]
        if max(times) > REPEATS_MAX or times != sorted(times):
            raise self.error(f"a repetition is from a smaller to a greater number, at most {REPEATS_MAX}")
        return f"{atom}{{{least}{comma or ''}{most or ''}}}", states * max(1, *times)

    def _atom(self, character: str, depth: int) -> tuple[str, int]:
        self.position += 1
        if character == "(":
            return self._group(depth)
        if character == "[":
            return self._class(), 1
        if character == ".":
            return "[^\\n]", 1
        if character == "\\":
            return self._escaped()
        if character in "*+?{":
            self.position -= 1
            raise self.error(f"{character!r} has nothing to repeat; \\{character} is the character itself")
        return _literal(character)

    def _group(self, depth: int) -> tuple[str, int]:
        start = self.position
        if self._take("?") and not self._take(":"):
            raise self.error("of the groups with ? only (?:…) is there, which any group is")
        inner, states = self.alternatives(depth + 1)
        if not self._take(")"):
            self.position = start
            raise self.error("this parenthesis is never closed")
        return f"(?:{inner})", states

    def _escaped(self) -> tuple[str, int]:
        letter = self._next("a backslash stands before a character")
        if letter in _CLASSES:
            return f"[{_CLASSES[letter]}]", 1
        if letter.lower() in _CLASSES:
            return f"[^{_CLASSES[letter.lower()]}]", 1
        if letter in _CONTROLS:
            return _CONTROLS[letter], 1
        if letter.isascii() and letter.isalnum():
            self.position -= 1
            raise self.error(f"there is no \\{letter} here, only \\d, \\w, \\s, \\D, \\W, \\S, \\t, \\n, \\r and marks such as \\.")
        return _literal(letter)

    def _class(self) -> str:
        negated = "^" if self._take("^") else ""
        members: list[str] = []
        while True:
            character = self._next("this class is never closed: ] is missing")
            if character == "]" and members:
                return f"[{negated}{''.join(members)}]"
            members.append(self._member(character))

    def _member(self, character: str) -> str:
        if character == "[":
            raise self.error("inside a class write \\[")
        if character == "\\":
            letter = self._next("a backslash stands before a character")
            if letter in _CLASSES:
                return _CLASSES[letter]
            if letter in _CONTROLS:
                return _CONTROLS[letter]
            if letter.isascii() and letter.isalnum():
                raise self.error(f"there is no \\{letter} inside a class")
            character = letter
        low = self._one_letter(character)
        is_range = self._text[self.position : self.position + 1] == "-" and self._text[self.position + 1 : self.position + 2] not in (
            "]",
            "",
        )
        if not is_range:
            return _in_class(low)
        self.position += 1
        end = self._next("a range has an end")
        high = self._one_letter(self._next("a range has an end") if end == "\\" else end)
        if low > high:
            raise self.error(f"the range {low}-{high} runs backwards")
        return f"{_in_class(low)}-{_in_class(high)}"

    def _one_letter(self, character: str) -> str:
        folded = fold(character)
        if len(folded) != 1:
            raise self.error(f"{character!r} is {folded!r} without case and accents, two characters; write it outside of the class")
        return folded

    def _take(self, character: str) -> bool:
        if self._text[self.position : self.position + 1] != character:
            return False
        self.position += 1
        return True

    def _next(self, otherwise: str) -> str:
        if self.position >= len(self._text):
            raise self.error(otherwise)
        self.position += 1
        return self._text[self.position - 1]

    def error(self, sentence: str) -> BadRequest:
        character = self.position + 1
        return BadRequest("bad-pattern", f"In the regular expression, at character {character}: {sentence}.", character=character)


def _literal(character: str) -> tuple[str, int]:
    letters = "".join(f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}" for letter in fold(character))
    return (letters if len(fold(character)) == 1 else f"(?:{letters})"), len(letters)


def _in_class(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"
