/* A stranger's program: one hotspots job through the public header. Valid C11 and valid C++11. */
#include <hotgrid.h>

#include <stdio.h>
#include <string.h>

static void on_progress(void *payload, const char *step, double fraction)
{
    if (step && fraction >= 0 && fraction <= 1)
        ++*(int *)payload;
}

static hg_status prepare(hg_job *job, const char *input, const char *output, hg_error *err)
{
    hg_status status = hg_job_set(job, "bandwidth", "0.4km", err);
    if (status == HG_OK)
        status = hg_job_set(job, "crs", "EPSG:32650", err);
    if (status == HG_OK)
        status = hg_job_set(job, "overwrite", NULL, err);
    if (status == HG_OK)
        status = hg_job_add_input(job, input, err);
    if (status == HG_OK)
        status = hg_job_set(job, "stream", "events", err);
    return status == HG_OK ? hg_job_set(job, "output", output, err) : status;
}

static int report(const hg_error *err)
{
    fprintf(stderr, "%s: %s\n", hg_status_text(err->status), err->message);
    return hg_status_exit_code(err->status);
}

int main(int argc, char **argv)
{
    hg_job *job = NULL;
    hg_error err = {HG_OK, {0}};
    int steps = 0;
    if (argc != 3)
        return 2;
    if (strcmp(hg_version(), "0.1.0") != 0 || hg_command_count() < 4)
        return 9;
    if (hg_job_new("hotspots", &job, &err) != HG_OK)
        return report(&err);
    hg_job_on_progress(job, on_progress, &steps);
    hg_status status = prepare(job, argv[1], argv[2], &err);
    if (status == HG_OK)
        status = hg_job_run(job, &err);
    if (status == HG_OK)
        printf("%s%s\n%zu notes, %s\n", hg_job_summary(job), hg_job_json(job),
               hg_job_note_count(job), steps > 0 ? "progress was told" : "no progress");
    hg_job_free(job);
    return status == HG_OK ? 0 : report(&err);
}
