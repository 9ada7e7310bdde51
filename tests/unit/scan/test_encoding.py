"""Bytes that are not of the encoding reject their record, and never change how the others are read; a guess that is near another is told."""

import pytest

from backbone.findings import Finding
from services.upload.scan.decoder import Decoder
from services.upload.scan.encoding import OtherEncoding, judge
from services.upload.scan.options import ScanOptions
from services.upload.scan.preview import Preview, preview
from services.upload.scan.reading_copy import ReadingCopy

HUNGARIAN = "id,név\n1,győztes\n2,tükörfúrógép\n3,szőlő\n4,vízműtő\n5,űrhajós\n6,hölgyek\n"
POLISH = "id,imię\n1,Łukasz\n2,Grażyna\n3,Gdańsk\n4,źdźbło\n5,świętość\n6,żółć\n"
TURKISH = "id,şehir\n1,İstanbul\n2,Diyarbakır\n3,Muğla\n4,Eskişehir\n5,Çanakkale\n6,Iğdır\n"
LITHUANIAN = "id,miestas\n1,Šiauliai\n2,Panevėžys\n3,Kėdainiai\n4,Mažeikiai\n5,Ąžuolų\n6,Rokiškis\n"
HEBREW = "id,שם\n1,ירושלים\n2,חיפה\n3,תל אביב\n4,באר שבע\n5,נתניה\n6,אשדוד\n"
RUSSIAN = "id,имя\n1,Москва\n2,Казань\n3,Новосибирск\n4,Пермь\n5,Екатеринбург\n6,Омск\n"
GREEK = "id,πόλη\n1,Αθήνα\n2,Θεσσαλονίκη\n3,Πάτρα\n4,Ηράκλειο\n5,Λάρισα\n6,Βόλος\n"


def show(content: bytes, **more: str) -> Preview:
    return preview(content, ScanOptions(), whole=True, **more)  # type: ignore[arg-type]


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


@pytest.mark.parametrize("bad", [b"\xe9", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\x80\x81\x82"], ids=repr)
def test_a_stray_byte_among_good_ones(bad: bytes) -> None:
    content = b"id,name\n" + "1,Zoë Müller\n".encode() * 20 + b"2,Caf" + bad + b"\n" + "3,Zoë\n".encode()
    seen = show(content)
    assert seen.dialect.encoding == "utf-8"
    assert [(reject.record, reject.reason) for reject in seen.rejects] == [(21, "not-in-encoding")]
    assert ("1", "Zoë Müller") in seen.rows and len(seen.rows) == 21
    assert codes(seen.findings).count("encoding-errors") == 1
    assert show(content, encoding="utf-8").rejects == seen.rejects


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("编号,名称,城市\n1,钢笔,北京\n2,杯子,上海\n3,书包,广州\n4,电脑,深圳\n", "gb18030"),
        ("姓名,地址\n王伟,北京市朝阳区\n李娜,上海市浦东新区\n", "gb18030"),
        ("編號,名稱,城市\n1,鋼筆,臺北\n2,杯子,高雄\n3,書包,臺中\n4,電腦,臺南\n", "big5"),
        ("番号,名前,町\n1,ペン,東京\n2,カップ,大阪\n3,かばん,京都\n", "cp932"),
        ("氏名,住所\n山田太郎,東京都千代田区\n佐藤花子,大阪府\n", "cp932"),
        ("番号,名前,町\n1,ペン,東京\n2,カップ,大阪\n3,かばん,京都\n", "euc_jp"),
        ("번호,이름,도시\n1,연필,서울\n2,가방,부산\n3,컵,대구\n", "cp949"),
        ("ชื่อ,เมือง\nสมชาย,กรุงเทพ\n", "cp874"),
        ("имя,город\nИван,Омск\nОльга,Тула\nПётр,Казань\n", "koi8_r"),
    ],
)
def test_few_characters_of_other_scripts_are_enough(text: str, encoding: str) -> None:
    judged = judge(text.encode(encoding))
    assert (judged.encoding, judged.findings) == (encoding, ())


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("id,品名\n1,苹果\n2,香蕉\n3,葡萄\n", "gb18030"),
        ("id,品名\n1,蘋果\n2,香蕉\n3,葡萄\n", "big5"),
        ("성명,주소\n김철수,서울특별시\n이영희,부산광역시\n", "cp949"),
    ],
)
def test_rare_characters_are_a_guess_that_is_told(text: str, encoding: str) -> None:
    judged = judge(text.encode(encoding))
    assert codes(judged.findings) == ["encoding-guessed"]


def test_few_letters_that_two_encodings_share_are_western() -> None:
    content = "id,name,town\n" + "1,Zoë Noël,Hall\n2,Zoë,North\n3,Fräulein señor,Ort\n4,Zoë Noël,Ort\n"
    assert judge(content.encode("cp1252")).encoding == "cp1252"


@pytest.mark.parametrize("block_bytes", [1, 2, 5, 1000])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"], ids=repr)
def test_faults_are_told_with_their_lines(line_end: bytes, block_bytes: int) -> None:
    content = line_end.join([b"id,name", *["1,Zoë".encode()] * 4, b"5,Caf\xe9", b"", b"6,\xff", "7,ö".encode()])
    decoder = Decoder("utf-8")
    for begin in range(0, len(content), block_bytes):
        decoder.feed(content[begin : begin + block_bytes])
    decoder.finish()
    (finding,) = decoder.findings
    assert [one.line for one in finding.places] == [6, 8]
    if block_bytes == 1000:
        assert [one.text for one in finding.places] == ["5,Caf\\xe9", "6,\\xff"]


@pytest.mark.parametrize("bad", [b"\xff\xfe", b"\x81", b"\xc3,"], ids=repr)
def test_ascii_with_a_stray_byte(bad: bytes) -> None:
    seen = show(b"id,name,x\n" + b"1,Pen,2\n" * 9 + b"2," + bad + b",3\n")
    assert (seen.dialect.encoding, len(seen.rejects)) == ("utf-8", 1)


def test_what_may_become_of_them() -> None:
    content = "id,name\n1,Zoë\n2,".encode() + b"Caf\xe9\n"
    assert show(content, errors="replace").rows[1] == ("2", "Caf\ufffd")
    assert show(content, errors="latin-1").rows[1] == ("2", "Café")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (HUNGARIAN, "cp1250"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859_2"),
        (TURKISH, "cp1254"),
        (LITHUANIAN, "cp1257"),
        (HEBREW, "cp1255"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (RUSSIAN, "cp866"),
        (GREEK, "cp1253"),
    ],
)
def test_guesses_are_right_or_told(text: str, encoding: str) -> None:
    content = text.encode(encoding)
    seen = judge(content)
    assert content.decode(seen.encoding) == text or codes(seen.findings) == ["encoding-guessed"]


@pytest.mark.parametrize(
    "text", ["id,Straße\n1,Müller\n2,Köln\n3,Ärger\n", "id,nom\n1,Hélène\n2,Molière\n3,Façade\n4,fenêtre\n", RUSSIAN, POLISH]
)
def test_what_is_plain_is_not_told(text: str) -> None:
    for encoding in ("cp1252", "cp1250", "cp1251"):
        try:
            content = text.encode(encoding)
        except UnicodeEncodeError:
            continue
        seen = judge(content)
        assert (content.decode(seen.encoding), seen.findings) == (text, ())
        return


def test_the_whole_file_may_tell_otherwise_than_its_beginning() -> None:
    ascii_first = b"id,name\n1,Caf\xe9\n" + b"2,Pen\n" * 30_000
    copy = ReadingCopy()
    with pytest.raises(OtherEncoding) as found:
        for block in (ascii_first, "3,Zoë Müller\n".encode() * 100):
            list(copy.feed(block))
        list(copy.finish())
    assert (found.value.judged.encoding, found.value.judged.is_damaged) == ("utf-8", True)


@pytest.mark.parametrize(("word", "encoding"), [("Győző", "cp1250"), ("Čeněk", "cp1250"), ("Čeněk", "iso-8859-2")])
def test_a_word_said_again_and_again_is_no_more_evidence(word: str, encoding: str) -> None:
    """One word may be of several languages, however many records have it: then it is told."""
    judged = judge("".join(f"{number};{word};x\n" for number in range(50)).encode(encoding), last=True)
    assert [finding.level for finding in judged.findings] == ["warning"]


def test_a_byte_order_mark_in_the_middle_is_no_letter() -> None:
    judged = judge(b"name;qty\nPen;1\n\xef\xbb\xbfname;qty\nC\xff\xfeup;2\n", last=True)
    assert (judged.encoding, judged.is_damaged) == ("utf-8", True)


def test_french_letters_of_latin_9_are_no_japanese() -> None:
    text = "id,a,b\n1,prix €,œuvre\n2,cœur,Šárka\n"
    assert judge(text.encode("iso8859_15")).encoding == "iso8859_15"
    half = "id,a\n1,½ tasse\n2,¼ tasse\n3,réchauffé\n4,sauté à la crème\n5,pâté\n"
    assert judge(half.encode("cp1252")).encoding == "cp1252"
