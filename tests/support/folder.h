/* A folder of the test's own with one file in it; TEST_FILE names the file before this is included. */
#ifndef HG_TESTS_FOLDER_H
#define HG_TESTS_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], path[96];

static inline int enter(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/hotgrid_test_XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/%s", folder, TEST_FILE);
    return 0;
}

/* Fails where anything but the file is left. */
static inline int leave(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

#endif
