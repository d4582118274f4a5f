#include "progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { DEFAULT_COLUMNS = 80, PERCENT = 6 /* " 100 %" */ };

static int standing; /* columns of the line on the screen */

int progress_is_seen(void)
{
    return isatty(STDERR_FILENO);
}

static int terminal_columns(void)
{
    struct winsize size = {0};
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : DEFAULT_COLUMNS;
}

/* Bytes and columns of the next character: those of East Asia, with three bytes and more, take two. */
static size_t step_over(const char *at, int *columns)
{
    unsigned char c = (unsigned char)*at;
    size_t n = 1;
    while (((unsigned char)at[n] & 0xc0) == 0x80)
        n++;
    *columns += c >= 0xe2 ? 2 : 1;
    return n;
}

/* How many bytes of the text fit into so many columns, and how many they take. */
static size_t fitting(const char *text, int room, int *columns)
{
    size_t n = 0;
    *columns = 0;
    while (text[n]) {
        int with = *columns;
        size_t step = step_over(text + n, &with);
        if (with > room)
            break;
        n += step;
        *columns = with;
    }
    return n;
}

void progress_show(void *payload, const char *step, double fraction)
{
    int columns = 0, room = terminal_columns() - PERCENT - 1;
    size_t n = fitting(step, room > 8 ? room : 8, &columns);
    int padding = columns < 8 ? 8 - columns : 0, width = columns + padding + PERCENT;
    (void)payload;
    fprintf(stderr, "\r%.*s%*s %3.0f %%%*s", (int)n, step, padding, "", 100 * fraction,
            standing > width ? standing - width : 0, "");
    fflush(stderr);
    standing = width;
}

void progress_end(void)
{
    if (standing && progress_is_seen())
        fprintf(stderr, "\r%*s\r", standing, "");
    else if (standing)
        fputc('\n', stderr);
    fflush(stderr);
    standing = 0;
}
