"""Text in the encodings that offices use reads right, or is refused; it never comes out as mojibake."""
import pathlib
import random

from harness import Case, main, shared

HEADS = "案件编号,经度,纬度,案件类别,发案地点,发案时间"
KINDS = ["盗窃", "抢劫", "交通事故", "火灾", "乱堆放"]
PLACES = ["平沙镇立新村", "三灶镇海澄村", "红旗镇广益村", "白蕉镇新环村", "斗门镇八甲村"]


def table(n=60, heads=HEADS, kinds=KINDS, places=PLACES):
    random.seed(3)
    lines = [heads]
    for i in range(n):
        lines.append("A%03d,%.5f,%.5f,%s,%s,2019-%02d-%02d 10:00" % (
            i, random.uniform(113.1, 113.3), random.uniform(22, 22.2), kinds[i % len(kinds)],
            places[i % len(places)], 1 + i % 12, 1 + i % 28))
    return "\n".join(lines) + "\n"


class Encodings(Case):
    def load(self, source, *options, **kwargs):
        out = self.path("out.gpkg")
        p = self.run_hotgrid("load", source, "--category", "案件类别", "--keep", "发案地点", "--allow-identifiers",
                             *options, "--overwrite", "-o", out, **kwargs)
        return p, out

    def reads(self, data, *options, name="cases.csv"):
        p, out = self.load(self.write(name, data), *options)
        got = self.query(out, 'SELECT category, "发案地点", t_start FROM incidents ORDER BY fid')
        want = [(KINDS[i % 5], PLACES[i % 5], "2019-%02d-%02dT10:00:00.000" % (1 + i % 12, 1 + i % 28))
                for i in range(60)]
        self.assertEqual(got, want)
        return p

    def test_detected(self):
        text = table()
        for name, data, said in (
                ("utf8", text.encode(), None), ("bom", b"\xef\xbb\xbf" + text.encode(), None),
                ("gbk", text.encode("gbk"), "GB18030"), ("gb2312", text.encode("gb2312"), "GB18030"),
                ("gb18030", text.encode("gb18030"), "GB18030"),
                ("utf16le", b"\xff\xfe" + text.encode("utf-16-le"), "UTF-16LE"),
                ("utf16be", b"\xfe\xff" + text.encode("utf-16-be"), "UTF-16BE"),
                ("crlf", text.replace("\n", "\r\n").encode("gbk"), "GB18030"),
                ("utf16crlf", b"\xff\xfe" + text.replace("\n", "\r\n").encode("utf-16-le"), "UTF-16LE")):
            with self.subTest(name):
                p = self.reads(data)
                if said:
                    self.assertIn(said, p.stdout + p.stderr)

    def test_tab_separated_utf16_as_spreadsheets_write_it(self):
        self.reads(b"\xff\xfe" + table().replace(",", "\t").encode("utf-16-le"), name="cases.txt")

    def test_below_title_rows(self):
        self.reads(("平沙镇二〇一九年案件\n\n" + table()).encode("gbk"), "--header-row", "3")

    def test_semicolons(self):
        self.reads(table().replace(",", ";").encode("gbk"))

    def test_given(self):
        text = table()
        for name, data in (("GBK", text.encode("gbk")), ("GB2312", text.encode("gbk")),
                           ("gb18030", text.encode("gb18030")), ("utf-8", text.encode()),
                           ("UTF-8", b"\xef\xbb\xbf" + text.encode()), ("UTF-16LE", text.encode("utf-16-le")),
                           ("UTF-16", b"\xff\xfe" + text.encode("utf-16-le")), ("CP936", text.encode("gbk"))):
            with self.subTest(name):
                self.reads(data, "--encoding", name)

    def test_characters_that_only_gb18030_has(self):
        text = table(places=["塘㙍镇", "白䌷村", "𠀀村"])
        p, out = self.load(self.write("a.csv", text.encode("gb18030")))
        self.assertEqual(self.query(out, 'SELECT DISTINCT "发案地点" FROM incidents ORDER BY fid LIMIT 3'),
                         [("塘㙍镇",), ("白䌷村",), ("𠀀村",)])

    def test_big5_and_shift_jis_given(self):
        heads = "案件編號,經度,緯度,案件類別,發案地點,發案時間"
        text = table(heads=heads, kinds=["竊盜", "搶奪", "車禍"], places=["臺北市大安區"])
        source = self.write("big5.csv", text.encode("big5"))
        out = self.path("out.gpkg")
        self.run_hotgrid("load", source, "--encoding", "BIG5", "--category", "案件類別", "-o", out)
        self.assertEqual(self.query(out, "SELECT DISTINCT category FROM incidents ORDER BY 1"),
                         sorted([("竊盜",), ("搶奪",), ("車禍",)]))

    def refused(self, data, *words, options=(), code=3):
        p = self.run_hotgrid("load", self.write("bad.csv", data), *options, "-o", self.path("no.gpkg"), code=code)
        for word in words:
            self.assertIn(word, p.stderr)
        self.assertEqual(p.stderr.count("hotgrid:"), 1)
        self.assertNotIn("no.gpkg", self.files())

    def test_big5_is_refused_with_the_candidates(self):
        heads = "案件編號,經度,緯度,案件類別,發案地點,發案時間"
        text = table(heads=heads, kinds=["竊盜", "搶奪", "車禍", "火災"], places=["臺北市大安區", "高雄市鹽埕區", "新竹縣關西鎮"])
        self.refused(text.encode("big5"), "BIG5", "GB18030", "--encoding")

    def test_shift_jis_is_refused_with_the_candidates(self):
        heads = "番号,経度,緯度,種別,住所,日時"
        text = table(heads=heads, kinds=["ひったくり", "自転車の盗難", "交通事故です"],
                     places=["東京都新宿区のあたり", "さいたま市の駅まえ"])
        self.refused(text.encode("shift_jis"), "SHIFT_JIS", "--encoding")

    def test_wrong_encoding_names_the_line(self):
        lines = table().encode("gbk").split(b"\n")
        self.refused(b"\n".join(lines), "line 1", options=["--encoding", "UTF-8"])
        plain = b"no,lon,lat,kind\n" + b"".join(b"%d,113.1,22.1,x\n" % i for i in range(40))
        self.refused(plain + b"41,113.1,22.1,\xb5\xc1\xc7\xd4\n", "line 42", options=["--encoding", "UTF-8"])
        self.refused(plain + b"41,113.1,22.1,\xff\xff\n", "line 42", options=["--encoding", "GB18030"])

    def test_utf8_with_a_few_bad_bytes_is_an_error(self):
        lines = table(200).encode().split(b"\n")
        lines[77] = lines[77][:-4] + b"\xff\xfe,x"
        self.refused(b"\n".join(lines), "78")

    def test_no_such_encoding(self):
        self.refused(table().encode(), "klingon", options=["--encoding", "klingon"], code=2)

    def test_nul_bytes_are_junk(self):
        self.refused(b"a,lon,lat\n\0\0\0\1\2\3,1,2\n" * 20)

    def test_undecided_is_said(self):
        """Few Han characters in a plain table: taken for GB18030 and said to be a guess."""
        plain = "no,lon,lat,kind\n" + "".join("%d,113.1%02d,22.1,%s\n" % (i, i, "盗窃" if i % 9 == 0 else "x")
                                            for i in range(60))
        out = self.path("out.gpkg")
        p = self.run_hotgrid("load", self.write("few.csv", plain.encode("gbk")), "--category", "kind", "-o", out)
        self.assertIn("GB18030", p.stdout + p.stderr)
        self.assertEqual(self.query(out, "SELECT DISTINCT category FROM incidents ORDER BY 1"), [("x",), ("盗窃",)])

    def test_heads_in_chinese_are_guessed(self):
        for heads in ("编号,经度,纬度", "编号,东经,北纬", "編號,經度,緯度", "编号,X坐标,Y坐标", "编号,坐标X经度,坐标Y纬度",
                      "编号,横坐标,纵坐标", "编号,经度（度）,纬度（度）", "编号, 经度 ,\"纬度\"", "ID,LNG,LAT",
                      "编号,GPS经度,GPS纬度", "编号,longitude (WGS84),latitude (WGS84)", "no,POINT_X,POINT_Y"):
            with self.subTest(heads):
                text = heads + "\n" + "".join("%d,113.1%02d,22.2\n" % (i, i) for i in range(50))
                j = self.run_json("load", self.write("heads.csv", text), "--overwrite", "-o", self.path("out.gpkg"))
                self.assertEqual(j["accepted"], 50)

    def test_ambiguous_heads(self):
        for heads in ("no,lon,lat,x,y", "no,经度,纬度,X坐标,Y坐标", "no,lon,lat,longitude,latitude"):
            with self.subTest(heads):
                text = heads + "\n" + "".join("%d,113.1%02d,22.2,113.1,22.2\n" % (i, i) for i in range(50))
                p = self.run_hotgrid("load", self.write("heads.csv", text), "-o", self.path("out.gpkg"), code=2)
                self.assertIn("--x", p.stderr)
                x, y = heads.split(",")[1:3]
                self.run_hotgrid("load", self.write("heads.csv", text), "--x", x, "--y", y, "-o",
                                 self.path("named.gpkg"), "--overwrite")

    def test_real_lists(self):
        """Lists of places in real encodings, given coordinates of no meaning."""
        for name, first in (("guangdong_streets_gb18030.csv", "沙面街道"), ("guangdong_streets_gbk.csv", "沙面街道"),
                            ("guangdong_streets_utf8_bom_crlf_zh_header.csv", "沙面街道"),
                            ("zhuhai_streets_utf16le_bom.csv", None), ("zhuhai_villages_gb18030.csv", "紫荆社区居民委员会"),
                            ("villages_not_in_gbk_gb18030.csv", "白䌷村村民委员会")):
            with self.subTest(name):
                data = pathlib.Path(shared("china_guangdong_zhuhai", name)).read_bytes()
                encoding = "utf-16" if "utf16" in name else "gb18030" if "gb" in name else "utf-8-sig"
                lines = data.decode(encoding).replace("\r\n", "\n").rstrip("\n").split("\n")
                text = "\n".join([lines[0] + ",lon,lat"] + [
                    line + ",113.%03d,22.1" % (i % 1000) for i, line in enumerate(lines[1:])])
                column = lines[0].split(",")[1]
                encoded = text.encode(encoding) if encoding != "gb18030" else text.encode("gb18030")
                out = self.path("out.gpkg")
                j = self.run_json("load", self.write(name, encoded), "--category", column, "--overwrite", "-o", out)
                self.assertEqual(j["accepted"], len(lines) - 1)
                got = [r[0] for r in self.query(out, "SELECT category FROM incidents ORDER BY fid")]
                self.assertEqual(got, [line.split(",")[1] for line in lines[1:]])
                if first:
                    self.assertEqual(got[0], first)


if __name__ == "__main__":
    main()
