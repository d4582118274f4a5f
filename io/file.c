#include "io/file.h"
#include "io/sql.h"

#include <sys/stat.h>
#include <unistd.h>

hg_status hg_file_check(const char *path, const char *shown, bool folder_ok, hg_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return hg_fail(err, HG_EIO, "%s: no such file", shown);
    if (S_ISDIR(st.st_mode))
        return folder_ok ? HG_OK
                         : hg_fail(err, HG_EIO, "%s is a folder; a file was expected", path);
    if (access(path, R_OK) != 0)
        return hg_fail(err, HG_EIO, "%s cannot be read: no permission", path);
    if (st.st_size == 0)
        return hg_fail(err, HG_EDATA, "%s is empty", path);
    hg_sql_roll_back(path);
    if (!hg_sql_is_whole(path))
        return hg_fail(err, HG_EDATA, "%s is truncated: it is shorter than its header says", path);
    return HG_OK;
}
