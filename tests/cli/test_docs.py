"""docs/cli.md is what the option table says, and every link in the documents leads somewhere."""
import re

from harness import SOURCE, Case, main


class Docs(Case):
    def test_cli_reference(self):
        written = (SOURCE / "docs/cli.md").read_text(encoding="utf-8")
        self.assertEqual(written, self.run_hotgrid("--markdown").stdout,
                         "docs/cli.md is stale; `make docs` writes it anew")

    def test_every_option_is_told(self):
        text = self.run_hotgrid("--markdown").stdout
        for command in ("load", "density", "hotspots", "info"):
            for option in re.findall(r"--[a-z][a-z-]+", self.run_hotgrid(command, "--help").stdout):
                self.assertIn(option, text, command)

    def test_links(self):
        broken = []
        for path in [*SOURCE.glob("*.md"), *(SOURCE / "docs").rglob("*.md"),
                     *(SOURCE / "sample_data").rglob("*.md")]:
            text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
            for target in re.findall(r"\]\(([^)\s]+)\)", text):
                file = target.split("#")[0]
                if file and "://" not in file and not (path.parent / file).exists():
                    broken.append("%s: %s" % (path.relative_to(SOURCE), target))
        self.assertEqual(broken, [])


if __name__ == "__main__":
    main()
