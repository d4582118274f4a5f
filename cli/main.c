/* The hotgrid command: arguments in, one job run, the outcome said. */
#include "help.h"
#include "progress.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static hg_job *running;

/* Of several ranks one speaks. */
static bool silent;

/* The first signal asks the job to stop and clean up; the second ends the process. */
static void on_signal(int number)
{
    hg_job_cancel(running);
    signal(number, SIG_DFL);
}

static void catch_signals(hg_job *job)
{
    struct sigaction action = {.sa_handler = on_signal};
    running = job;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    /* A file-size limit or a closed pipe is then an error of the call, which is reported. */
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}

static void ignore_signals(void)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    running = NULL;
}

static const hg_option_info *find_long(const char *name, size_t n)
{
    for (size_t i = 0; i < hg_option_count(); i++) {
        const hg_option_info *o = hg_option_at(i);
        if (strlen(o->name) == n && strncmp(o->name, name, n) == 0)
            return o;
    }
    return NULL;
}

static const hg_option_info *find_short(char c)
{
    for (size_t i = 0; i < hg_option_count(); i++)
        if (c && hg_option_at(i)->short_name == c)
            return hg_option_at(i);
    return NULL;
}

static const hg_command_info *find_command(const char *name)
{
    for (size_t i = 0; i < hg_command_count(); i++)
        if (strcmp(hg_command_at(i)->name, name) == 0)
            return hg_command_at(i);
    return NULL;
}

static hg_status usage(hg_error *err, const char *format, const char *what)
{
    if (err) {
        err->status = HG_EUSAGE;
        snprintf(err->message, sizeof err->message, format, what);
    }
    return HG_EUSAGE;
}

/* What the command line says about how to talk, apart from the job's own options. */
typedef struct manners {
    bool quiet, json, progress;
} manners;

static void notice(manners *m, const char *option)
{
    m->quiet |= strcmp(option, "quiet") == 0;
    m->json |= strcmp(option, "json") == 0;
    m->progress |= strcmp(option, "progress") == 0;
}

/* One option at argv[i]; returns how many arguments it took through *used. */
static hg_status take_option(hg_job *job, int argc, char **argv, int i, int *used, manners *m,
                             hg_error *err)
{
    const char *arg = argv[i], *value = NULL;
    const hg_option_info *o;
    if (arg[1] == '-') {
        size_t n = strcspn(arg + 2, "=");
        o = find_long(arg + 2, n);
        value = arg[2 + n] == '=' ? arg + 2 + n + 1 : NULL;
    } else {
        o = find_short(arg[1]);
        value = o && arg[2] ? arg + 2 : NULL;
    }
    if (!o)
        return usage(err, "%s: no such option", arg);
    *used = 1;
    if (o->argument && !value) {
        if (i + 1 >= argc)
            return usage(err, "%s needs a value", arg);
        value = argv[i + 1];
        *used = 2;
    }
    notice(m, o->name);
    return hg_job_set(job, o->name, value, err);
}

static hg_status take_arguments(hg_job *job, int argc, char **argv, manners *m, hg_error *err)
{
    bool options = true;
    for (int i = 2; i < argc;) {
        int used = 1;
        hg_status status;
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
            i++;
            continue;
        }
        if (options && argv[i][0] == '-' && argv[i][1])
            status = take_option(job, argc, argv, i, &used, m, err);
        else
            status = hg_job_add_input(job, argv[i], err);
        if (status != HG_OK)
            return status;
        i += used;
    }
    return hg_job_set_command_line(job, argc, argv, err);
}

static void say_notes(const hg_job *job)
{
    for (size_t i = 0; i < hg_job_note_count(job) && !silent; i++)
        fprintf(stderr, "note: %s\n", hg_job_note(job, i));
}

/* A full disk or a closed pipe shows when the buffer is emptied. */
static int finish_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    fprintf(stderr, "hotgrid: standard output cannot be written\n");
    return 4;
}

static int say_outcome(hg_job *job, const manners *m)
{
    const char *text = m->json ? hg_job_json(job) : m->quiet ? "" : hg_job_summary(job);
    if (!text) {
        fprintf(stderr, "hotgrid: out of memory\n");
        return 1;
    }
    fputs(text, stdout);
    if (m->json)
        fputc('\n', stdout);
    return finish_output();
}

static int complain(const hg_error *err, const char *command)
{
    if (silent)
        return hg_status_exit_code(err->status);
    fprintf(stderr, "hotgrid: %s\n", err->message);
    if (err->status == HG_EUSAGE && command)
        fprintf(stderr, "see: hotgrid %s --help\n", command);
    else if (err->status == HG_EUSAGE)
        fprintf(stderr, "see: hotgrid --help\n");
    return hg_status_exit_code(err->status);
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int run_command(const hg_command_info *command, int argc, char **argv)
{
    hg_job *job = NULL;
    hg_error err = {HG_OK, ""};
    manners m = {false, false, false};
    hg_status status = hg_job_new(command->name, &job, &err);
    if (status == HG_OK)
        status = take_arguments(job, argc, argv, &m, &err);
    int code = 0;
    if (status == HG_OK) {
        catch_signals(job);
        if (m.progress || (strcmp(command->name, "run") == 0 && !m.quiet && progress_is_seen()))
            hg_job_on_progress(job, progress_show, NULL);
        status = hg_job_run(job, &err);
        progress_end();
    }
    if (job && !m.quiet)
        say_notes(job);
    /* a batch some of whose results are missing tells of the others, too */
    if (status == HG_EFAIL && *hg_job_summary(job))
        say_outcome(job, &m);
    code = status == HG_OK ? say_outcome(job, &m) : complain(&err, command->name);
    ignore_signals(); /* too late to stop anything; a handler must not see a job that is gone */
    hg_job_free(job);
    return code;
}

/* Large columns come and go: memory once touched is kept for the next instead of given back. */
static void keep_memory(void)
{
#if defined(__GLIBC__)
    mallopt(M_ARENA_MAX, 1); /* what one thread gave back serves the others, too */
    mallopt(M_MMAP_THRESHOLD, 1 << 28); /* but the columns of 30 million incidents go back when they are done with */
    mallopt(M_TRIM_THRESHOLD, INT32_MAX);
#endif
}

static int run_arguments(int argc, char **argv)
{
    hg_error err = {HG_EUSAGE, ""};
    if (argc < 2) {
        usage(&err, "%s", "no command was given");
        return complain(&err, NULL);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("hotgrid %s\n", hg_version());
        return finish_output();
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        hg_help(stdout);
        return finish_output();
    }
    if (strcmp(argv[1], "--markdown") == 0) {
        hg_help_markdown(stdout);
        return finish_output();
    }
    const hg_command_info *command = find_command(argv[1]);
    if (!command) {
        usage(&err, "\"%s\" is no command", argv[1]);
        return complain(&err, NULL);
    }
    if (asks_for_help(argc, argv)) {
        hg_help_command(stdout, command);
        return finish_output();
    }
    return run_command(command, argc, argv);
}

int main(int argc, char **argv)
{
    hg_error err = {HG_OK, ""};
    keep_memory();
    if (hg_ranks_start(&err) != HG_OK)
        return complain(&err, NULL);
    silent = hg_own_rank() > 0;
    if (silent && !freopen("/dev/null", "w", stdout))
        silent = false;
    int code = run_arguments(argc, argv);
    hg_ranks_stop(code);
    return code;
}
