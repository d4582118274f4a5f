#include "help.h"

#include <string.h>

enum { HELP_WIDTH = 92, INDENT = 8 };

static void wrap(FILE *out, const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t n = strcspn(text, " ");
        if (column && column + 1 + n > HELP_WIDTH - INDENT) {
            fputc('\n', out);
            column = 0;
        }
        if (!column)
            fprintf(out, "%*s", INDENT, "");
        else
            fputc(' ', out);
        fprintf(out, "%.*s", (int)n, text);
        column += n + (column > 0);
        text += n;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

void hg_help(FILE *out)
{
    fprintf(out, "hotgrid %s: from incident files to ranked hotspot cells, in GeoPackages that open "
                 "styled in QGIS\n\nusage: hotgrid COMMAND [OPTIONS] INPUT ... -o OUTPUT\n\n",
            hg_version());
    for (size_t i = 0; i < hg_command_count(); i++)
        fprintf(out, "  %-10s %s\n", hg_command_at(i)->name, hg_command_at(i)->summary);
    fprintf(out, "\nhotgrid COMMAND --help shows a command's options, hotgrid --version the version.\n"
                 "\nexit codes: 0 ok, 1 failure, 2 usage, 3 bad data, 4 input or output, 130 "
                 "interrupted\n\nexamples:\n");
    for (size_t i = 0; i < hg_command_count(); i++)
        fprintf(out, "  %s\n", hg_command_at(i)->examples[0]);
}

static void option_line(FILE *out, const hg_option_info *o)
{
    fprintf(out, "  ");
    if (o->short_name)
        fprintf(out, "-%c, ", o->short_name);
    fprintf(out, "--%s%s%s\n", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
    wrap(out, o->help);
}

static void option_list(FILE *out, const char *command, bool source)
{
    for (size_t i = 0; i < hg_option_count(); i++)
        if (hg_option_applies(i, command) && hg_option_at(i)->source == source)
            option_line(out, hg_option_at(i));
}

static bool reads_sources(const char *command)
{
    for (size_t i = 0; i < hg_option_count(); i++)
        if (hg_option_at(i)->source && hg_option_applies(i, command))
            return true;
    return false;
}

/* A command without inputs by position has its sources in options. */
static const char *source_rule(const hg_command_info *c)
{
    return strstr(c->synopsis, "INPUT")
               ? "before the first INPUT for all inputs, after an INPUT for that one"
               : "for all sources";
}

void hg_help_command(FILE *out, const hg_command_info *c)
{
    fprintf(out, "hotgrid %s: %s\n\nusage: hotgrid %s %s\n\noptions:\n", c->name, c->summary, c->name,
            c->synopsis);
    option_list(out, c->name, false);
    if (reads_sources(c->name)) {
        fprintf(out, "\nsource options (%s):\n", source_rule(c));
        option_list(out, c->name, true);
    }
    fprintf(out, "\nexamples:\n");
    for (const char *const *e = c->examples; *e; e++)
        fprintf(out, "  %s\n", *e);
}

static void markdown_cell(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void markdown_options(FILE *out, const char *command, bool source)
{
    fprintf(out, "| option | meaning |\n| --- | --- |\n");
    for (size_t i = 0; i < hg_option_count(); i++) {
        const hg_option_info *o = hg_option_at(i);
        if (!hg_option_applies(i, command) || o->source != source)
            continue;
        fprintf(out, "| `");
        if (o->short_name)
            fprintf(out, "-%c`, `", o->short_name);
        fprintf(out, "--%s", o->name);
        if (o->argument) {
            fputc(' ', out);
            markdown_cell(out, o->argument);
        }
        fprintf(out, "` | ");
        markdown_cell(out, o->help);
        fprintf(out, " |\n");
    }
}

void hg_help_markdown(FILE *out)
{
    fprintf(out, "# Command reference\n\nPrinted by `hotgrid --markdown` from the option table; `make "
                 "docs` writes it anew.\n\nLengths take m (default), km, cm or ft; areas m2 (default), "
                 "km2, ha or mu. Exit codes: 0 ok, 1 failure,\n2 usage, 3 bad data, 4 input or "
                 "output, 130 interrupted.\n");
    for (size_t i = 0; i < hg_command_count(); i++) {
        const hg_command_info *c = hg_command_at(i);
        fprintf(out, "\n## hotgrid %s\n\n%s\n\n```\nhotgrid %s %s\n```\n\n", c->name, c->summary,
                c->name, c->synopsis);
        markdown_options(out, c->name, false);
        if (reads_sources(c->name)) {
            fprintf(out, "\nSource options, %s:\n\n", source_rule(c));
            markdown_options(out, c->name, true);
        }
        fprintf(out, "\n```\n");
        for (const char *const *e = c->examples; *e; e++)
            fprintf(out, "%s\n", *e);
        fprintf(out, "```\n");
    }
}
