"""Writes what Python's str.lower, str.split and str.isspace do, for Go tests.

    python3 python.py > python.txt      the vectors of the tests
    python3 python.py ask < texts.json  answers for a JSON list of texts

Lines of the vectors, code points in hex:

    unicode VERSION
    assigned|space|ignorable|cased FROM-TO ...   ranges, ends included
    lower FROM:TO,TO ...                         where lower() of it alone differs
    text JSON                                    {"text", "lower", "words"}
    bytes JSON                                   {"hex", "lower"}: decoded with errors="replace"

Whether a code point is case-ignorable, or cased and not case-ignorable, is
found by what Σ becomes beside it, since Python has no name for it.
"""

import json
import random
import sys
import unicodedata

ALL = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]

# What is odd about case, marks and white space, several times over.
ODD = (
    "aAzZ01 '.:-_^`\t\n\x1c\x1f\x00\x7f\x85\xa0\xad\xb7\xaa\xb5\xdf\u0130\u0131\u0149\u017f\u01c4\u01c5\u01c6"
    "\u023a\u023e\u02b0\u02bc\u0300\u0307\u0345\u0370\u0387\u0391\u0398\u03a3\u03a3\u03a3\u03c2\u03c3\u03f4\u0410\u0430"
    "\u055f\u0561\u05d0\u05f4\u0627\u064b\u0660\u0905\u0903\u093c\u10a0\u10d0\u13a0\u13f0\u1680\u180e\u1c90\u1cbd\u1d2c"
    "\u1e9e\u1f88\u1ffc\u2000\u200a\u200b\u200d\u2018\u2019\u2019\u2024\u2027\u2028\u202f\u205f\u20dd\u2126\u212a\u212b"
    "\u2160\u24b6\u2c2f\u2c7c\u3000\u3042\u4e2d\ua64e\ua770\ua7f2\uab70\uac00\ufb00\ufe0f\ufe13\ufe52\ufe55\ufeff\uff07"
    "\uff0e\uff1a\uff21\uff3e\ufffd\U00010400\U00010428\U00010780\U00011302\U0001d400\U0001d5d4\U0001e900\U0001e944"
    "\U0001f130\U0001f3fb\U0001f600\U000e0001\U000e0100"
)

BY_HAND = [
    "", " ", "Σ", "ΑΣ", "ΣΑ", "ΑΣΑ", "ΟΔΥΣΣΕΥΣ", "ΟΔΟΣ ΣΟΦΟΣ", "ΑΣ'", "ΑΣ'Α", "Α'Σ", "'Σ", "1Σ", "Α1Σ", "ΑΣ1", "ΑΣ1Α", "ΑΣ.Α",
    "ΑΣ:Α", "ΑΣ-Α", "Α\u00adΣ", "ΑΣ\u00adΑ", "Α\u0301Σ\u0301", "ΑΣ\u0301Α", "\u0301Σ", "Α\u00b7Σ\u00b7", "ΑΣΣ", "ΑΣ'Σ", "ΣΣΣ",
    "ª Σ", "ªΣ", "ʰΣ", "aʰΣ", "\u0345Σ", "Α\u0345Σ", "ΑΣ\u0345", "ΑΣ\u0345Α", "ΑΣ" + "\u0301" * 40 + "Α", "Α" + "'" * 40 + "Σ",
    "ΑΣ" + "." * 40, "İSTANBUL", "DİYARBAKIR Iİ", "STRAẞE", "ᎠᏰ Ᏸ ꭰ", "ᲐᲑᲒ", "𐐀𐐨", "ǄǅǆǇǈ", "ΑΣ\u2028Α", "ΑΣ\u200bΑ", "K Å Ω",
    "a\x1cb\x1db\x1eb\x1fb\x85c\xa0d\u1680e\u2000f\u200ag\u2028h\u2029i\u202fj\u205fk\u3000l", "a\u180eb\u200bc\u2060d\ufeffe",
]

BROKEN = [
    "80", "4180", "c3", "c341", "c0af", "e080", "e08080", "e282", "e28241", "e2c3a1", "eda080", "edbfbf", "f0808080", "f09f98",
    "f09f9841", "f09f", "f09fc3a1", "f48fbf", "f4908080", "f5808080", "ff", "feff", "cea3", "41cea3ff", "41ceff",
]


def ranges(name, of):
    out, start, last = [], None, None
    for c in map(ord, filter(of, ALL)):
        if last is None or c != last + 1:
            if start is not None:
                out.append(f"{start:x}-{last:x}")
            start = c
        last = c
    out.append(f"{start:x}-{last:x}")
    wrapped(name, out)


def wrapped(name, items):
    for i in range(0, len(items), 12):
        print(name, *items[i : i + 12])


def ignorable(c):
    return ("A" + c + "Σ").lower()[-1] == "ς" and (c + "Σ").lower()[-1] == "σ"


def cased(c):
    return (c + "Σ").lower()[-1] == "ς"


def answer(text):
    return {"text": text, "lower": text.lower(), "words": text.lower().split()}


def vectors():
    print("unicode", unicodedata.unidata_version)
    ranges("assigned", lambda c: unicodedata.category(c) != "Cn")
    ranges("space", str.isspace)
    ranges("ignorable", ignorable)
    ranges("cased", cased)
    wrapped("lower", [f"{ord(c):x}:" + ",".join(f"{ord(d):x}" for d in c.lower()) for c in ALL if c.lower() != c])
    rng = random.Random(20)
    texts = BY_HAND + ["".join(rng.choice(ODD) for _ in range(rng.randrange(1, 24))) for _ in range(400)]
    for before in ("", "a", "a'", "1", "a1"):
        for behind in ("", "a", "'a", "'", "1a", "\u0301a", "\u00adΣ"):
            texts.append(before + "Σ" + behind)
    for text in texts:
        print("text", json.dumps(answer(text)))
    for raw in BROKEN:
        print("bytes", json.dumps({"hex": raw, "lower": bytes.fromhex(raw).decode(errors="replace").lower()}))


def ask():
    texts = json.load(sys.stdin)
    letters = sorted({c for t in texts for c in t})
    json.dump(
        {
            "unicode": unicodedata.unidata_version,
            "assigned": "".join(c for c in letters if unicodedata.category(c) != "Cn"),
            "ignorable": "".join(filter(ignorable, letters)),
            "cased": "".join(filter(cased, letters)),
            "answers": [answer(t) for t in texts],
        },
        sys.stdout,
    )


if __name__ == "__main__":
    ask() if sys.argv[1:] == ["ask"] else vectors()
