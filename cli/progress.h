/* One line of progress on standard error, overwritten as it goes. */
#ifndef HG_CLI_PROGRESS_H
#define HG_CLI_PROGRESS_H

/** Whether somebody looks: standard error is a terminal. */
int progress_is_seen(void);
/** A hg_job_progress that writes the line. */
void progress_show(void *payload, const char *step, double fraction);
/** Takes the line away on a terminal, ends it elsewhere; nothing where none stands. */
void progress_end(void);

#endif
