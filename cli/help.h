/* Help and the command reference, both printed from the library's tables. */
#ifndef HG_CLI_HELP_H
#define HG_CLI_HELP_H

#include <hotgrid.h>
#include <stdio.h>

void hg_help(FILE *out);
void hg_help_command(FILE *out, const hg_command_info *command);
/** The whole reference as Markdown: docs/cli.md is this output. */
void hg_help_markdown(FILE *out);

#endif
