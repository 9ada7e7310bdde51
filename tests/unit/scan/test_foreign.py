"""Files that are no CSV are named by their first bytes; tables that begin like them are not."""

import pytest

from backbone.errors import NotCsv
from services.upload.scan.options import ScanOptions
from services.upload.scan.scanner import Scanner

FOREIGN = {
    "HTML page": b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body>a,b</body></html>\n",
    "HTML page ": b"\n  <!-- made by x, y -->\n<html lang='en'>\n<body></body></html>\n",
    "Excel's .xls may be one": b'<html xmlns:x="urn:schemas-microsoft-com:office:excel">\n<table><tr><td>a</td></tr></table></html>\n',
    "HTML page (Excel": b"<table border=1>\n<tr><td>sku</td><td>price</td></tr>\n</table>\n",
    "XML document": b'<?xml version="1.0"?>\n<rows>\n<row a="1"/>\n</rows>\n',
    "XML document ": b"<rows>\n  <row><sku>1</sku><price>2</price></row>\n  <row><sku>2</sku></row>\n</rows>\n",
    "workbook written as XML": b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook></Workbook>\n',
    "JSON document": b'{"a": 1, "b": [1, 2]}',
    "JSON document ": b'[{"sku": 1, "price": 2}, {"sku": 2, "price": 3}]\n',
    "JSON document  ": b'[\n  {\n    "sku": 1,\n    "price": 2\n  }\n]\n',
    "NDJSON": b'{"a": 1, "b": 2}\n{"a": 2, "b": 3}\n',
    "NDJSON ": b'["a", "b"]\n[1, 2]\n[3, 4]\n',
    "SQL dump": b"-- dump\nCREATE TABLE t (id int, n text);\nINSERT INTO t VALUES (1,'a');\nINSERT INTO t VALUES (2,'b');\n",
    "SQL dump ": b"/*!40101 SET NAMES utf8 */;\n# x\n\nDROP TABLE IF EXISTS `t`;\nCREATE TABLE `t` (\n  `id` int\n);\n",
    "SQL dump  ": b"--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\nSET lock_timeout = 0;\n",
    "SQL dump   ": b"INSERT INTO products (sku, price) VALUES (1, 2.50);\nINSERT INTO products (sku, price) VALUES (2, 3.50);\n",
    "SQL dump     ": b"REPLACE INTO t VALUES (1,'a');\nREPLACE INTO t VALUES (2,'b');\n",
    "SQL dump      ": b"USE [db]\nGO\nINSERT [dbo].[t] ([a], [b]) VALUES (1, 2)\nGO\n",
    "SQL dump       ": b"MERGE INTO t USING s ON (t.a = s.a)\nWHEN MATCHED THEN UPDATE SET b = 1;\n",
    "Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:6d11\nsize 43240\n",
    "certificate": b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "e-mail": b"MIME-Version: 1.0\r\nContent-Type: text/csv\r\n\r\na,b\r\n1,2\r\n",
    "SQL dump    ": b"BEGIN TRANSACTION;\nCREATE TABLE a (b int);\n",
    "PDF document": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    "Parquet file": b"PAR1\x15\x04\x15\x10\x15\x14L\x15\x02\x15\x00\x12\n",
    "old Office document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64),
    "body of a form": b'------WebKitFormBoundary7\r\nContent-Disposition: form-data; name="file"\r\n\r\na,b\n1,2\n------WebKitFormBoundary7--\r\n',
}
TABLES = {
    "tags as titles": b"<name>,<qty>\n<b>Pen</b>,1\n<b>Cup</b>,2\n",
    "tags as titles, tabs": b"<id>\t<value>\n1\t2\n3\t4\n",
    "markup in cells": b"<b>Pen</b>;1\n<i>Cup</i>;2\n<i>Bag</i>;3\n",
    "less than": b"<5,count\n1,2\n3,4\n",
    "braces as titles": b"{id},{name}\n1,Pen\n2,Cup\n",
    "brackets as titles": b"[id],[name]\n1,Pen\n2,Cup\n",
    "years in brackets": b"[2020],[2021]\n1,2\n3,4\n",
    "JSON in the first cell": b'{"a": 1}\t5\n{"a": 2}\t6\n{"a": 3}\t7\n',
    "JSON in a later cell": b'id,data\n1,"{""a"": 1}"\n2,"{""a"": 2}"\n',
    "words of SQL": b"Select,Insert,Update\n1,2,3\n4,5,6\n",
    "words of SQL as cells": b"set,create table,drop\n1,2,3\n4,5,6\n",
    "insert": b"insert,replace into\n1,2\n3,4\n",
    "use": b"use\ngood\nbad\n",
    "begin": b"begin,end\n1,2\n3,4\n",
    "dashes": b"--,name\n1,Pen\n2,Cup\n",
    "a format's letters": b"ORC,name\n1,Pen\n2,Cup\n",
    "another format's letters": b"ID3,PAR1\n1,Pen\n2,Cup\n",
}


def scan(content: bytes) -> int:
    scanner = Scanner(ScanOptions())
    scanner.feed(content)
    return scanner.finish().records


@pytest.mark.parametrize(("what", "content"), FOREIGN.items())
def test_what_is_no_table_is_named(what: str, content: bytes) -> None:
    with pytest.raises(NotCsv) as refused:
        scan(content)
    assert what.strip() in refused.value.detail


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES.keys())
def test_tables_that_begin_alike_are_read(content: bytes) -> None:
    assert scan(content) >= 2
