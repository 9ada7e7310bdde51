"""Nasty small files: one trouble each, as people and programs really write them. `NASTY` names them; `python -m tests.nasty.corpus DIR`
writes them out.

A file's `text` is what it says once unpacked and decoded, and `dialect` how a human would read it; Python's `csv` with that dialect
gives the records. `given` is what the user has to say, for the few that nobody could guess.
"""

import bz2
import codecs
import gzip
import io
import sys
import zipfile
from pathlib import Path

from msgspec import Struct, field

from backbone.model import Dialect


class Nasty(Struct, frozen=True, kw_only=True):
    data: bytes
    text: str
    dialect: Dialect = Dialect()
    given: dict[str, str | bool | int] = field(default_factory=dict)


NASTY: dict[str, Nasty] = {}


def add(name: str, text: str, *, data: bytes | None = None, given: dict[str, str | bool | int] | None = None, **dialect: object) -> None:
    assert name not in NASTY
    data = text.encode() if data is None else data
    NASTY[name] = Nasty(data=data, text=text, dialect=Dialect(**dialect), given=given or {})  # type: ignore[arg-type]


# Line ends
add("line-ends-crlf", "id,name\r\n1,A\r\n2,B\r\n")
add("line-ends-cr-only", "id,name\r1,A\r2,B\r")
add("line-ends-mixed", "id,name\n1,A\r\n2,B\r3,C\n")
add("line-ends-cr-cr-lf", "id,name\r\r\n1,A\r\r\n2,B\r\r\n")
add("no-final-line-end", "id,name\n1,A\n2,B")
add("no-final-line-end-after-quote", 'id,name\n1,A\n2,"B"')
add("no-final-line-end-after-delimiter", "id,name\n1,A\n2,")
add("blank-lines-everywhere", "\n\nid,name\n\n1,A\n\r\n\n2,B\n\n\n")
add("lines-of-spaces", "id,name\n1,A\n   \n2,B\n")
add("final-lone-cr", "id,name\n1,A\n2,B\r")
add("unicode-line-separators-are-text", "id,name\n1,A\u2028B\n2,C\u0085D\n3,E\x0bF\x0cG\n")

# Quotes
add("quoted-line-ends", 'id,note\n1,"one\ntwo"\n2,"three\r\nfour"\n3,"five\rsix"\n')
add("quoted-delimiters", 'id,note\n1,"a,b,c"\n2,",,,"\n')
add("doubled-quotes", 'id,note\n1,"say ""hi"""\n2,""""\n3,""""""\n')
add("empty-quotes", 'id,note\n1,""\n"",x\n"",""\n')
add("everything-quoted", '"id","note"\n"1","a"\n"2","b"\n')
add("stray-quote-inside-field", 'id,size,x\n1,5" pipe,a\n2,3\'7",b\n3,"ok",c\n')
add("stray-quote-turns-inside-out", 'id,size,note\n1,5",plain\n2,"quoted\nover lines",x\n3,7",y\n')
add("text-behind-closing-quote", 'id,note\n1,"a"b\n2,"c" \n3,"d"e"f"\n')
add("space-before-quote", 'id,note\n1, "a"\n2, "b, c"\n', blank_after=True)
add("quote-in-header", '"the ""id""","the\nnote"\n1,a\n2,b\n')
add("quote-left-open-at-end", 'id,note\n1,a\n2,"never closed\n3,c\n', quote="")
add("quote-left-open-on-last-line", 'id,note\n1,a\n2,"')
add("long-quoted-field-over-many-lines", 'id,note\n1,"' + "line\n" * 3000 + '"\n2,b\n')
add("many-quotes-in-a-row", "id,note\n1," + '"' * 1000 + "\n2," + '"' * 1001 + "\n")
add("single-quotes-as-quotes", "id,note\n1,'a,b'\n2,'c,d'\n3,'e,f'\n", quote="'")
add("apostrophes-are-no-quotes", "id,note\n1,O'Neill\n2,'tis\n3,rock 'n' roll\n")
add("no-quoting-at-all", 'id\tnote\n1\t"a\n2\tb"\n', given={"quote": ""}, delimiter="\t", quote="")
add("backslash-escapes", 'id,note\n1,"say \\"hi\\" now"\n2,"back\\\\slash"\n3,"x"\n', escape="\\")
add("backslash-and-doubled-quotes", 'id,note\n1,"say \\"hi\\" now"\n2,"a ""b"" c"\n', escape="\\")
add("escaped-line-end", "id,note\n1,one\\\ntwo\n2,b\n", given={"escape": "\\"}, escape="\\")
add("windows-paths", 'id,path\n1,"C:\\temp\\"\n2,C:\\new\\\n3,"\\\\server\\x"\n')

# Records that do not fit
add("too-short", "a,b,c\n1,2,3\n4,5\n6\n7,8,9\n")
add("too-long", "a,b\n1,2\n3,4,5\n6,7\n")
add("too-long-but-empty", "a,b\n1,2,\n3,4,,,\n5,6\n")
add("trailing-delimiter-everywhere", "a,b,\n1,2,\n3,4,\n")
add("trailing-delimiter-but-in-header", "a,b\n1,2,\n3,4,\n5,6,\n")
add("ragged-both-ways", "a,b,c\n1\n1,2,3,4\n1,2,3\n,,\n,,,\n,,,x\n")
add("one-long-record-among-many", "a,b\n" + "1,2\n" * 3000 + "1,2,3\n" + "1,2\n" * 3000)
add("nul-byte", "a,b\n1,x\n2,y\0z\n3,w\n")
add("nul-in-quotes", 'a,b\n1,"x\0\n"\n2,y\n')
add("only-nulls", "a,b\n,\n,\n1,\n")
add("control-characters", "a,b\n1,\x01\x02\n2,\x1b[0m\n")
add("ragged-rejected", "a,b\n1,2\n3\n4,5\n", given={"ragged": "reject"}, ragged="reject")

# Headers
add("duplicate-names", "id,id,ID,Id \n1,2,3,4\n")
add("empty-names", "a,,,d\n1,2,3,4\n")
add("names-of-symbols", "€,%,Größe (cm),naïve\n1,2,3,4\n")
add("very-long-name", "x" * 5000 + ",b\n1,2\n")
add("no-header", "A1,1\nB2,2\nC3,3\n", header=False)
add("no-header-dates", "2026-01-01,3.5\n2026-01-02,4.5\n", header=False)
add("years-as-header", "country,2024,2025\nDE,1,2\nFR,3,4\n")
add("preamble", "Report of sales\nMade in 2026\n\nid,name\n1,A\n2,B\n", skip=3)
add("preamble-with-delimiters", "Report,,\nof sales,,\nid,name,n\n1,A,2\n2,B,3\n", skip=2)
add("comment-lines", "# made by a program, version 2\n# do not edit\nid,name,n\n1,A,2\n2,B,3\n", skip=2)
add("header-begins-with-hash", "#id,name\n1,A\n2,B\n")
add("excel-separator-line", "sep=;\r\nid;name\r\n1;A\r\n2;B\r\n", delimiter=";", skip=1)
add("one-column", "name\nA\nB\n\nC\n")
add("one-column-of-quoted-nothing", 'name\n""\nA\n""\n')
add("one-column-with-commas-in-quotes", 'name\n"A, B"\n"C, D"\n')
add("header-and-one-record", "a,b\n1,x\n")
add("wide", ",".join(f"c{number}" for number in range(300)) + "\n" + ",".join(str(number) for number in range(300)) + "\n")

# Delimiters
add("semicolons-and-decimal-commas", "name;price\nA;1,50\nB;2,75\nC;3,00\n", delimiter=";")
add("tabs", "name\tnote\nA\tx, y\nB\tz; w\n", delimiter="\t")
add("pipes", "name|note\nA|x, y\nB|z; w\n", delimiter="|")
add("unit-separators", "name\x1fn\nA\x1f1\nB\x1f2\n", delimiter="\x1f")
add("many-unit-separators", "a\x1fb\n" + "1\x1f2\n" * 200, delimiter="\x1f")
add("control-a-separators", "a\x01b\n" + "1\x01x\n" * 200, delimiter="\x01")
add("carets", "name^n\nA^1\nB^2\n", delimiter="^")
add("a-delimiter-nobody-guesses", "namexn\nAx1\nBx2\n", given={"delimiter": "x"}, delimiter="x")
add("times-with-colons", "day,at\n2026-01-01,08:00:00\n2026-01-02,09:30:00\n")
add("prose-with-semicolons", 'id,note\n1,"a; b; c"\n2,d; e\n3,f\n')

# Encodings and packing
GERMAN = "Name,Ort\nJürgen,Köln\nÄnne,Düsseldorf\nÉric,Orléans\n"
add("utf-8-bom", GERMAN, data=codecs.BOM_UTF8 + GERMAN.encode())
add("utf-8-bom-and-quote", '"a","b"\n1,x\n', data=codecs.BOM_UTF8 + b'"a","b"\n1,x\n')
add("bom-in-the-middle", "a,b\n1,x\n\ufeff2,y\n")
add("utf-16-le-bom", GERMAN, data=codecs.BOM_UTF16_LE + GERMAN.encode("utf-16-le"), encoding="utf-16-le")
add("utf-16-be-bom", GERMAN, data=codecs.BOM_UTF16_BE + GERMAN.encode("utf-16-be"), encoding="utf-16-be")
add("utf-16-le-without-bom", GERMAN, data=GERMAN.encode("utf-16-le"), encoding="utf-16-le")
add("utf-32", GERMAN, data=codecs.BOM_UTF32_LE + GERMAN.encode("utf-32-le"), encoding="utf-32-le")
add("windows-1252", GERMAN, data=GERMAN.encode("cp1252"), encoding="cp1252")
add(
    "windows-1252-typography",
    "item,price\n“Café”,5 €\nnaïve – yes…,6 €\n",
    data="item,price\n“Café”,5 €\nnaïve – yes…,6 €\n".encode("cp1252"),
    encoding="cp1252",
)
add(
    "windows-1251",
    "имя,город\nИван,Москва\nОльга,Пермь\n",
    data="имя,город\nИван,Москва\nОльга,Пермь\n".encode("cp1251"),
    encoding="cp1251",
)
add("code-page-850-as-told", GERMAN, data=GERMAN.encode("cp850"), given={"encoding": "cp850"}, encoding="cp850")
add("emoji-and-combining", "a,b\n👩‍👩‍👧,e\u0301\n\u200f,\u00a0\n")
add("gzip", GERMAN, data=gzip.compress(GERMAN.encode()), compression="gzip")
add("gzip-of-windows-1252", GERMAN, data=gzip.compress(GERMAN.encode("cp1252")), compression="gzip", encoding="cp1252")
add("bzip2", GERMAN, data=bz2.compress(GERMAN.encode()), compression="bzip2")


def _zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("data.csv"), GERMAN)
        archive.writestr(zipfile.ZipInfo("__MACOSX/._data.csv"), "x")
    return target.getvalue()


add("zip", GERMAN, data=_zip(), compression="zip")

# Values
add("leading-zeros", "zip,n\n01234,1\n98765,2\n")
add("numbers-that-are-text", "a,b,c,d\n1e5,+1,-0,0x10\n2e6,+2,-0.0,1_000\n")
add("integers-beyond-64-bits", "n,x\n9223372036854775807,a\n9223372036854775808,b\n-99999999999999999999999,c\n")
add("decimals-with-trailing-zeros", "n,x\n1.50,a\n2,b\n-0.10,c\n")
add("dates-that-do-not-exist", "d,x\n2026-02-28,a\n2026-02-30,b\n")
add("booleans-of-two-kinds", "b,c\ntrue,true\nfalse,False\n")
add("mixed-timestamps", "t,u\n2026-01-01T08:00:00Z,2026-01-01 08:00:00.5\n2026-01-01T09:00:00Z,2026-01-01 08:00:00.25\n")
add("spaces-around-values", "a,b\n 1 , x \n2,y\n")
add("begins-like-zlib", "x^,b\nx^1,y\nx^2,z\n", given={"delimiter": ","})
add("first-record-begins-like-zlib", "a,b\nx^1,y\nx\x01,z\n", given={"delimiter": ","})
add("end-of-copy-marker", "a,b\n\\.,x\n\\N,NULL\n" + '"\\.\n",y\n', null="\\N")
add("formulas", "a,b\n=1+1,@x\n-cmd,+y\n")
add("null-marker", "a,b\n1,NULL\nNULL,x\n", given={"null": "NULL"}, null="NULL")


def write_all(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, nasty in NASTY.items():
        (folder / f"{name}.csv").write_bytes(nasty.data)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
