"""Reading the tables that ntoseye prints."""
import re


def number(text):
    return int(text, 16)


def rows(text, first):
    """The words of each row under the heading whose first word is `first`, up to the next blank line."""
    lines = text.splitlines()
    heads = [at for at, line in enumerate(lines) if line.split()[:1] == [first]]
    for line in lines[heads[0] + 1:] if heads else []:
        if not line.strip():
            break
        yield re.split(r"  +", line.strip())
