"""How reports look and behave: the HTML by its markup and in a headless Chromium, the PDF by its pages."""
import html.parser
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import browser
from harness import HOTGRID, SOURCE, Case, main, skip

PINGSHA = SOURCE / "sample_data/pingsha"
VOID = {"meta", "link", "input", "br", "img", "hr", "rect", "path", "circle"}
HOSTILE = "<script>alert(1)</script>\"'&amp; \u202e‏عربي 🚓 </script>"


def run(*args):
    p = subprocess.run([HOTGRID, *map(str, args)], capture_output=True, text=True, timeout=600)
    if p.returncode != 0:
        raise AssertionError("hotgrid %s\n%s" % (" ".join(map(str, args)), p.stderr[-3000:]))


class Reports(Case):
    """One report in both languages and formats, made once for all tests of this file."""
    made = None

    @classmethod
    def setUpClass(cls):
        if not Reports.made:
            Reports.make()

    @classmethod
    def make(cls):
        cls.made = pathlib.Path(tempfile.mkdtemp(prefix="hotgrid-look-"))
        unittest.addModuleCleanup(shutil.rmtree, cls.made, True)
        hot, audit = cls.made / "hot.gpkg", cls.made / "audit.gpkg"
        run("hotspots", PINGSHA / "crime_gbk.csv", "--datum", "gcj02", "--id", "案件编号", "--category", "案件类别",
            "--stream", HOSTILE, PINGSHA / "fire.geojson", "--area", PINGSHA / "boundary.gpkg", "--places", PINGSHA / "places.gpkg:places",
            "--bandwidth", "400m", "--cell", "100", "-q", "-o", hot)
        land, flights = str(PINGSHA / "land.gpkg"), str(PINGSHA / "flights.gpkg")
        run("audit", "--zones", land + ":zones", "--permits", land + ":permits",
            "--survey", flights + ":patches_201901@2019-01-15", "--survey", flights + ":patches_201910@2019-10-20",
            "--coverage", flights + ":covered_201910@2019-10-20", "--actions", PINGSHA / "actions_gbk.csv",
            "--assets", PINGSHA / "assets.csv", "--patrols", PINGSHA / "patrols.csv",
            "--opening", PINGSHA / "opening.csv", "--class-map", PINGSHA / "audit_classes.yaml", "-q", "-o", audit)
        cls.results = [hot, audit]
        for lang in ("en", "zh"):
            for extension in ("html", "pdf"):
                run("report", *cls.results, "--lang", lang, "-o", cls.made / ("report_%s.%s" % (lang, extension)))

    def report(self, lang, extension):
        return self.made / ("report_%s.%s" % (lang, extension))


# ---------------------------------------------------------------- markup


class Page(html.parser.HTMLParser):
    """Elements that are open, and what the tests ask for."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack, self.ids, self.links, self.wrong, self.heads = [], [], [], [], []
        self.scripts = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag not in VOID:
            self.stack.append(tag)
        if "id" in a:
            self.ids.append(a["id"])
        self.links += [v for k, v in attributes if k in ("src", "href", "action", "data", "poster", "srcset")]
        self.wrong += [k for k in a if k.startswith("on")]
        self.scripts += tag == "script"
        if tag == "th" and a.get("scope") == "col":
            self.heads.append([])
        if tag == "button" and self.heads and "th" in self.stack:
            self.heads[-1].append("button")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.stack or self.stack[-1] != tag:
            self.wrong.append("</%s> in %s" % (tag, self.stack[-3:]))
        else:
            self.stack.pop()


class Markup(Reports):
    def test_elements_are_balanced_and_ids_unique(self):
        for lang in ("en", "zh"):
            page = Page(self.report(lang, "html").read_text(encoding="utf-8"))
            self.assertEqual(page.wrong, [])
            self.assertEqual(page.stack, [])
            self.assertEqual(len(page.ids), len(set(page.ids)))
            for link in page.links:
                self.assertRegex(link, r"^(#[a-z0-9-]+|data:.*)$")
                self.assertTrue(not link.startswith("#") or link[1:] in page.ids, link)

    def test_nothing_is_asked_for(self):
        for lang in ("en", "zh"):
            text = self.report(lang, "html").read_text(encoding="utf-8")
            self.assertIn("default-src 'none'", text)
            self.assertEqual(re.findall(r"url\(\s*['\"]?(?!data:|#)[^)]*\)", text.split("<script>")[0]), [])
            self.assertNotIn("@import", text)
            self.assertNotIn("sourceMappingURL", text)

    def test_every_table_sorts_and_every_heading_is_listed(self):
        text = self.report("en", "html").read_text(encoding="utf-8")
        page = Page(text)
        self.assertGreater(len(page.heads), 30)
        self.assertTrue(all(head == ["button"] for head in page.heads))
        self.assertEqual(text.count("<table"), text.count('<table class="sortable">'))
        for heading in re.findall(r'<h[23] id="([^"]*)"', text):
            if '<h2 id="%s"' % heading in text:
                self.assertIn('<a href="#%s"' % heading, text)

    def test_what_comes_from_data_stays_text(self):
        """A stream is called like a script: as many scripts as a report without it has."""
        for lang in ("en", "zh"):
            text = self.report(lang, "html").read_text(encoding="utf-8")
            self.assertEqual(Page(text).scripts, 3 + text.count('<figure class="map-frame">'))
            self.assertNotIn("<script>alert", text)
            self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", text)


# ---------------------------------------------------------------- in the browser


class InBrowser(Reports):
    @classmethod
    def setUpClass(cls):
        if not browser.find():
            skip("chromium is not installed")
        super().setUpClass()
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.close)

    def open(self, lang="zh", **how):
        path = self.report(lang, "html")
        self.browser.open(path, **how)
        return self.browser

    def check_quiet(self, b, lang):
        self.assertEqual(b.requests, [self.report(lang, "html").as_uri()])
        self.assertEqual(b.problems, [])

    def test_opens_without_a_request_or_an_error_at_both_widths(self):
        for lang in ("en", "zh"):
            for width, dark in ((1440, False), (390, True)):
                b = self.open(lang, width=width, dark=dark)
                self.assertGreater(b.run("document.querySelectorAll('path.leaflet-interactive').length"), 50)
                self.assertGreater(b.run("document.querySelectorAll('.leaflet-image-layer').length"), 0)
                wide = b.run("document.documentElement.scrollWidth")
                self.assertLessEqual(wide, width)
                outside = b.run("""[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll, .map') &&
                    e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))""")
                self.assertEqual(outside, [])
                self.check_quiet(b, lang)

    def test_popup_opens_on_click_and_closes_on_escape(self):
        b = self.open()
        place = b.run("""(() => { document.querySelector('.map').scrollIntoView({block: 'center'});
            for (const e of document.querySelectorAll('path.leaflet-interactive[stroke="#5a0a14"]')) {
              const r = e.getBoundingClientRect(), at = [r.left + r.width / 2, r.top + r.height / 2];
              if (document.elementFromPoint(...at) === e) return at; } })()""")
        b.click(*place)
        text = b.wait_until("(document.querySelector('.leaflet-popup-content') || {}).textContent")
        self.assertIn("排名", text)
        heads = b.run("[...document.querySelectorAll('.leaflet-popup-content caption')].map(e => e.textContent)")
        self.assertEqual(len(heads), 2, "the area, and the cell below it")
        b.key("Escape", 27)
        b.wait_until("!document.querySelector('.leaflet-popup')")
        self.check_quiet(b, "zh")

    def test_keyboard_alone(self):
        b = self.open()
        b.key("Tab", 9)
        self.assertEqual(b.run("document.activeElement.className"), "skip")
        b.run("document.querySelector('.map').focus()")
        for _ in range(12):
            b.key("Tab", 9)
            if b.run("document.activeElement.getAttribute('role')") == "button":
                break
        self.assertEqual(b.run("document.activeElement.tagName"), "path")
        first = b.run("document.activeElement.getAttribute('aria-label')")
        b.key("ArrowRight", 39)
        self.assertNotEqual(b.run("document.activeElement.getAttribute('aria-label')"), first)
        b.key("Enter", 13, "\r")
        self.assertIn(b.run("document.activeElement.getAttribute('aria-label')").split(",")[0],
                      b.wait_until("(document.querySelector('.leaflet-popup-content') || {}).textContent"))
        b.key("Escape", 27)
        b.wait_until("!document.querySelector('.leaflet-popup')")
        self.assertEqual(b.run("document.activeElement.tagName"), "path")
        b.run("document.querySelector('.legend input').focus()")
        before = b.run("document.querySelectorAll('.map')[0].querySelectorAll('path').length")
        b.key(" ", 32, " ")
        self.assertLess(b.run("document.querySelectorAll('.map')[0].querySelectorAll('path').length"), before)
        self.check_quiet(b, "zh")

    def test_a_layer_switched_off_and_on_lies_where_it_lay(self):
        b = self.open()
        order = "[...document.querySelector('.map').querySelectorAll('path')].map(e => e.getAttribute('d')).join()"
        before = b.run(order)
        for _ in range(2):
            b.run("document.querySelectorAll('.legend')[0].querySelectorAll('input')[1].click()")
        self.assertEqual(b.run(order), before)

    def test_tables_sort_by_value(self):
        b = self.open("en")
        script = """(() => { const all = [...document.querySelectorAll('table.sortable')];
            const t = all.find(t => t.querySelector('tr.total'));
            const head = [...t.tHead.rows[0].cells].findIndex(c => c.classList.contains('num'));
            t.tHead.rows[0].cells[head].querySelector('button').click();
            return [t.tHead.rows[0].cells[head].getAttribute('aria-sort'), [...t.tBodies[0].rows].map(r =>
              [r.className, Number(r.cells[head].getAttribute('data-v'))])]; })()"""
        for direction in ("ascending", "descending"):
            said, rows = b.run(script)
            self.assertEqual(said, direction)
            self.assertEqual(rows[-1][0], "total")
            values = [v for name, v in rows if name != "total"]
            self.assertGreater(len(set(values)), 2)
            self.assertEqual(values, sorted(values, reverse=direction == "descending"))

    def test_a_row_leads_to_its_place_on_the_map(self):
        b = self.open()
        b.run("document.querySelector('tr[data-feature$=\":2\"] button.to-map').click()")
        name = b.run("document.querySelector('tr[data-feature$=\":2\"] td:not(.num)').firstChild.textContent")
        self.assertIn(name, b.wait_until("(document.querySelector('.leaflet-popup-content') || {}).textContent"))
        seen = b.run("""(() => { const r = document.querySelector('.leaflet-popup').getBoundingClientRect();
            return [r.top, r.bottom, innerHeight]; })()""")
        self.assertTrue(0 <= seen[0] and seen[1] <= seen[2], seen)

    def test_labels_do_not_lie_upon_one_another(self):
        for width in (1440, 390):
            b = self.open(width=width)
            shown, meeting = b.run("""(() => { let n = 0, bad = [];
                for (const map of document.querySelectorAll('.map')) {
                  const labels = [...map.querySelectorAll('.map-label:not(.hidden)')];
                  const boxes = labels.map(e => [e.textContent, e.getBoundingClientRect()]);
                  n += boxes.length;
                  boxes.forEach(([a, r], i) => boxes.slice(i + 1).forEach(([c, s]) => {
                    if (r.left < s.right && s.left < r.right && r.top < s.bottom && s.top < r.bottom)
                      bad.push(a + ' / ' + c); }));
                } return [n, bad]; })()""")
            self.assertGreater(shown, 5)
            self.assertEqual(meeting, [])

    def test_the_page_scrolls_over_a_map(self):
        b = self.open()
        zoom = "document.querySelector('.leaflet-control-scale-line').textContent"
        b.run("document.querySelector('.map').scrollIntoView({block: 'center'})")
        before = b.run("[scrollY, %s]" % zoom)
        b.call("Input.dispatchMouseEvent", type="mouseWheel", x=700, y=450, deltaX=0, deltaY=300)
        b.wait_until("scrollY > %f" % (before[0] + 50))
        self.assertEqual(b.run(zoom), before[1])

    def test_contrast(self):
        """Text against the colour behind it: 4.5, or 3 where it is large (WCAG 2.1 AA)."""
        for dark in (False, True):
            b = self.open(dark=dark)
            b.run("document.querySelector('nav details').open = true")
            poor = b.run(CONTRAST)
            self.assertEqual(poor, [], "dark" if dark else "light")

    def test_things_to_press_are_large_enough(self):
        """24 by 24 pixels, or the only thing in a line of text (WCAG 2.2 AA)."""
        b = self.open(width=390, touch=True)
        small = b.run("""[...document.querySelectorAll('button, summary, .legend label, .leaflet-bar a')].filter(e => {
            const r = e.getBoundingClientRect();
            return r.width && (r.height < 23.5 || r.width < 23.5); }).map(e => e.outerHTML.slice(0, 90))""")
        self.assertEqual(small, [])

    def test_prints_maps_and_all_rows(self):
        b = self.open()
        pages = b.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"]
        self.assertGreater(len(pages), 100000)
        b.call("Emulation.setEmulatedMedia", media="print")
        self.assertEqual(b.run("[...document.querySelectorAll('tbody tr')].filter(r => !r.offsetHeight).length"), 0)
        b.call("Emulation.setEmulatedMedia", media="")


CONTRAST = """(() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); };
  const shine = c => 0.2126 * light(c[0]) + 0.7152 * light(c[1]) + 0.0722 * light(c[2]);
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
  const poor = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walk.nextNode());) {
    const e = n.parentElement, s = getComputedStyle(e);
    if (!n.textContent.trim() || e.closest('script, style') || !e.getClientRects().length) continue;
    const ink = parse(e instanceof SVGElement ? s.fill : s.color), paper = ground(e);
    const a = shine(ink), b = shine(paper), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(s.fontSize), large = size >= 24 || (size >= 18.66 && Number(s.fontWeight) >= 700);
    const name = e.className.baseVal || e.className;
    if (ratio < (large ? 3 : 4.5)) poor.add([e.tagName, name, ink, paper, ratio.toFixed(2)].join(' '));
  }
  return [...poor];
})()"""


# ---------------------------------------------------------------- paper


class Paper(Reports):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("pdftotext"):
            skip("poppler-utils is not installed")
        super().setUpClass()

    def ask(self, *command):
        return subprocess.run([*map(str, command)], capture_output=True, check=True, timeout=120).stdout

    def words(self, lang):
        """Every page as (width, height, [(x0, y0, x1, y1, word)])."""
        text = self.ask("pdftotext", "-bbox", self.report(lang, "pdf"), "-").decode()
        pages = []
        for page in re.split(r"<page ", text)[1:]:
            width, height = map(float, re.match(r'width="([\d.]+)" height="([\d.]+)"', page).groups())
            found = re.findall(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>',
                               page)
            pages.append((width, height, [(*map(float, w[:4]), w[4]) for w in found]))
        return pages

    def test_all_words_lie_inside_the_page_and_none_upon_another(self):
        for lang in ("en", "zh"):
            for number, (width, height, words) in enumerate(self.words(lang), 1):
                self.assertGreater(len(words), 10, "page %d" % number)
                self.assertEqual(sorted((round(width), round(height))), [595, 842])
                for x0, y0, x1, y1, word in words:
                    self.assertTrue(20 <= x0 and x1 <= width - 20 and 20 <= y0 and y1 <= height - 15, (number, word))
                self.assertEqual(self.upon_another(words), [], "page %d" % number)

    def upon_another(self, words):
        bad = []
        words = sorted(words, key=lambda w: w[1])
        for i, a in enumerate(words):
            for b in words[i + 1:]:
                if b[1] > a[3]:
                    break
                width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
                least = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
                if width > 0.5 and height > 0 and width * height > 0.4 * least:
                    bad.append((a[4], b[4]))
        return bad

    def test_text_is_text_in_both_languages(self):
        for lang, wanted in (("en", ["Ranked areas", "Land and rivers", "Internal use", "page 1 of"]),
                             ("zh", ["热点片区排名", "国土与河道", "目录", "内部使用"])):
            text = self.ask("pdftotext", "-layout", self.report(lang, "pdf"), "-").decode()
            for words in wanted:
                self.assertIn(words, text)
            self.assertEqual(re.findall("[\ufffd\ue000-\uf8ff]", text), [])

    def test_every_letter_has_its_font_in_the_file(self):
        for lang in ("en", "zh"):
            lines = self.ask("pdffonts", self.report(lang, "pdf")).decode().splitlines()[2:]
            self.assertGreater(len(lines), 0)
            for line in lines:
                self.assertRegex(line, r" yes +yes +yes +\d+ +\d+$", "embedded, subset, to Unicode")

    def test_words_are_those_of_the_page(self):
        """What stands in both, so that neither loses a figure: the numbers of the HTML's tables are in the PDF."""
        for lang in ("en", "zh"):
            text = self.report(lang, "html").read_text(encoding="utf-8")
            paper = re.sub(r"\s", "", self.ask("pdftotext", self.report(lang, "pdf"), "-").decode())
            shown = re.findall(r'<tr(?: class="total"| data-feature="[^"]*")?>(.*?)</tr>', text, re.S)
            numbers = {n for row in shown for n in re.findall(r'class="num"[^>]*>([^<]{4,})<', row)}
            self.assertGreater(len(numbers), 50)
            self.assertEqual(sorted(n for n in numbers if n not in paper), [])

    def test_pages_are_neither_blank_nor_cut(self):
        for lang in ("en", "zh"):
            self.ask("pdftoppm", "-gray", "-r", "36", self.report(lang, "pdf"), self.path("p_" + lang))
            pages = sorted(self.dir.glob("p_%s*.pgm" % lang))
            self.assertGreater(len(pages), 5)
            for page in pages:
                data = page.read_bytes()
                width, height = map(int, data.split(None, 3)[1:3])
                pixels = data[-width * height:]
                dark = sum(v < 200 for v in pixels)
                self.assertGreater(dark, 0.003 * width * height, page.name)
                edge = 8
                rim = pixels[:edge * width] + pixels[-edge * width:] + b"".join(
                    pixels[y * width:y * width + edge] + pixels[(y + 1) * width - edge:(y + 1) * width]
                    for y in range(height))
                self.assertEqual(min(rim), 255, page.name)

    def test_bookmarks_and_links_lead_to_pages(self):
        data = self.report("en", "pdf").read_bytes()
        self.assertGreater(data.count(b"/Outlines"), 0)
        self.assertGreater(data.count(b"/Subtype /Link"), 5)


class Background(Reports):
    """--basemap: any raster of GDAL, warped under the layers."""

    def make_raster(self, name, west, north, degrees):
        from osgeo import gdal, osr
        ds = gdal.GetDriverByName("GTiff").Create(self.path(name), 64, 64, 3)
        srs = osr.SpatialReference()
        srs.ImportFromEPSG(4326)
        ds.SetProjection(srs.ExportToWkt())
        ds.SetGeoTransform([west, degrees / 64, 0, north, 0, -degrees / 64])
        for band in (1, 2, 3):
            ds.GetRasterBand(band).Fill(80 * band)
        ds = None
        return self.path(name)

    def test_lies_under_the_layers_of_both_formats(self):
        raster = self.make_raster("ground.tif", 112.5, 22.8, 1.5)
        for extension, sign in (("html", b"data:image/jpeg;base64,"), ("pdf", b"/DCTDecode")):
            out = self.path("r." + extension)
            self.run_hotgrid("report", *self.results, "--basemap", raster, "-o", out)
            data = pathlib.Path(out).read_bytes()
            self.assertGreaterEqual(data.count(sign), 2)
            self.assertEqual(self.report("en", extension).read_bytes().count(sign), 0)

    def test_one_that_lies_elsewhere_is_told(self):
        raster = self.make_raster("far.tif", 10, 50, 1)
        p = self.run_hotgrid("report", *self.results, "--basemap", raster, "-o", self.path("r.pdf"), code=3)
        self.assertIn("far.tif: this background covers nothing of the map", p.stderr)
        p = self.run_hotgrid("report", *self.results, "--basemap", self.path("none.mbtiles"), "-o",
                             self.path("r.pdf"), code=4)
        self.assertIn("none.mbtiles cannot be opened as a raster", p.stderr)
        self.assertEqual([f for f in self.files() if f.endswith(".pdf")], [])


if __name__ == "__main__":
    main()
