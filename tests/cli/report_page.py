"""A report of hotgrid read as a program reads it: headings, tables, figures, cards, paragraphs, with tags checked."""
import html.parser
import re

VOID = {"meta", "link", "br", "hr", "img", "input", "wbr", "col"}


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.stack, self.tags, self.unbalanced = [], [], []
        self.headings, self.paragraphs, self.items, self.figures, self.cards, self.tables = [], [], [], [], [], []
        self.text, self.label = [], None
        with open(path, encoding="utf-8") as f:
            self.feed(f.read())
        self.close()
        self.unbalanced += self.stack

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, tuple(sorted(k for k, _ in attributes))))
        if tag in VOID:
            return
        self.stack.append(tag)
        classes = dict(attributes).get("class") or ""
        if tag == "table":
            self.tables.append({"caption": "", "heads": [], "rows": []})
        elif tag == "tr" and "tbody" in self.stack:
            self.tables[-1]["rows"].append([])
        elif tag == "article" and classes == "card":
            self.cards.append({"title": "", "pairs": []})
        if tag in ("h2", "h3", "h4", "p", "li", "dt", "dd", "td", "th", "caption"):
            self.text = []

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, tuple(sorted(k for k, _ in attributes))))

    def handle_data(self, data):
        self.text.append(data)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.stack or self.stack[-1] != tag:
            self.unbalanced.append(tag)
            return
        self.stack.pop()
        text = "".join(self.text).strip()
        if tag in ("h2", "h3"):
            self.headings.append(text)
        elif tag == "p" and "article" not in self.stack:
            self.paragraphs.append(text)
        elif tag == "li" and "nav" not in self.stack:
            self.items.append(text)
        elif tag == "dt":
            self.label = text
        elif tag == "dd":
            (self.cards[-1]["pairs"] if "article" in self.stack else self.figures).append((self.label, text))
        elif tag == "h4" and "article" in self.stack:
            self.cards[-1]["title"] = text
        elif tag == "caption" and "table" in self.stack:
            self.tables[-1]["caption"] = text
        elif tag == "th" and "thead" in self.stack:
            self.tables[-1]["heads"].append(text)
        elif tag in ("td", "th") and "tbody" in self.stack and "table" in self.stack:
            self.tables[-1]["rows"][-1].append(text)


def numbers(text):
    """Numbers as they are printed: groups of three, a true minus."""
    return [float(m.replace(",", "").replace("−", "-")) for m in re.findall(r"−?\d[\d,]*(?:\.\d+)?", text)]


MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December"]


def day(text):
    """"31 October 2019" or "2019年10月31日" as "2019-10-31"; None for anything else."""
    m = re.fullmatch(r"(\d+)年(\d+)月(\d+)日", text)
    if m:
        return "%04d-%02d-%02d" % tuple(map(int, m.groups()))
    m = re.fullmatch(r"(\d+) (\w+) (\d{4})", text)
    return "%04d-%02d-%02d" % (int(m[3]), MONTHS.index(m[2]) + 1, int(m[1])) if m and m[2] in MONTHS else None


def shows(text, value, percent=False):
    """Whether a printed number is the value, within the digits printed."""
    if value is None:
        return text == "–"
    digits = len(text.partition(".")[2])
    found = numbers(text)
    value = value * (100 if percent else 1)
    return len(found) == 1 and abs(found[0] - value) <= 0.5 * 10.0 ** -digits * (1 + 1e-9) + 1e-12 * abs(value)
